import { type Cursor, failAtKey } from '../../cursor.ts'
import { type Dependency, dependenciesOf } from '../resolve/dependencies.ts'

/** Nobody reads on beyond so many circles. */
const MAX_CYCLES = 10

/** Compose Specification §depends_on: one error for each circle of dependencies, at the edge that closes it. */
export function checkCycles(services: [string, Cursor][]): void {
  const edges = new Map(services.map(([name, at]) => [name, dependenciesOf(at)]))
  const state = new Map<string, 'open' | 'done'>()
  let cycles = 0
  for (const [name] of services) if (!state.has(name)) walk(name)

  // Iterative: a chain of thousands of services must not end the stack.
  function walk(start: string): void {
    const path = [{ name: start, next: 0 }]
    state.set(start, 'open')
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const edge = edges.get(top.name)?.[top.next++]
      if (!edge) {
        state.set(top.name, 'done')
        path.pop()
      } else if (state.get(edge.service) === 'open') {
        if (++cycles <= MAX_CYCLES) failCycle(edge, path)
      } else if (!state.has(edge.service) && edges.has(edge.service)) {
        state.set(edge.service, 'open')
        path.push({ name: edge.service, next: 0 })
      }
    }
  }
}

function failCycle(edge: Dependency, path: { name: string }[]): void {
  const names = path.map(({ name }) => name)
  const cycle = [...names.slice(names.indexOf(edge.service)), edge.service]
  failAtKey(edge.at, `the dependencies go round in a circle: ${cycle.join(' -> ')}`)
}
