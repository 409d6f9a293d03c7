import { describe, expect, it } from 'vitest'
import { sharedRun } from '../../../../controller/git/watch/shared-run.ts'

function counted() {
  const gates: PromiseWithResolvers<string>[] = []
  const run = sharedRun(() => {
    const gate = Promise.withResolvers<string>()
    gates.push(gate)
    return gate.promise
  })
  return { run, gates, begun: (count: number) => expect.poll(() => gates.length).toBe(count) }
}

describe('sharedRun', () => {
  it('runs once for all who ask at once', async () => {
    const { run, gates, begun } = counted()
    const all = [run(), run(), run()]
    await begun(1)
    gates[0]?.resolve('x')
    expect(await Promise.all(all)).toEqual(['x', 'x', 'x'])
    expect(gates).toHaveLength(1)
  })

  it('gives who asks during a run the next one, since the answer of this one may be old', async () => {
    const { run, gates, begun } = counted()
    const first = run()
    await begun(1)
    const later = [run(), run()]
    gates[0]?.resolve('old')
    expect(await first).toBe('old')
    await begun(2)
    gates[1]?.resolve('new')
    expect(await Promise.all(later)).toEqual(['new', 'new'])
  })

  it('runs on after a failure', async () => {
    const { run, gates, begun } = counted()
    const failing = run()
    await begun(1)
    gates[0]?.reject(new Error('no'))
    await expect(failing).rejects.toThrow('no')
    const next = run()
    await begun(2)
    gates[1]?.resolve('yes')
    expect(await next).toBe('yes')
  })
})
