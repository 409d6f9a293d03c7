import { canonicalJson } from '../../schemas/canonical.ts'
import type { Problem } from '../../schemas/problem.ts'
import { otherPaths } from './files/other-paths.ts'
import { errorIn, noticeAt, tidy } from './problems.ts'
import type { LoadedStack } from './stack.ts'

/** The stacks of a source, where those of one name are all refused. */
export function refuseSameNames(stacks: LoadedStack[]): LoadedStack[] {
  const groups = Map.groupBy(stacks, ({ name }) => name)
  const byName = new Map([...groups].map(([name, same]) => [name, same.map(({ file }) => file)]))
  return stacks.map((stack) => {
    const same = byName.get(stack.name) ?? []
    if (same.length === 1) return stack
    const others = otherPaths(stack.file, same)
    const problem = errorIn(
      stack.file,
      `the stack ${stack.name} is also declared by ${others}; give one another name`,
    )
    return { ...stack, spec: null, problems: tidy([...stack.problems, problem]) }
  })
}

/** The stacks of a source, each told where it runs twice: by itself and as a part of another. */
export function tellIncluded(stacks: LoadedStack[]): LoadedStack[] {
  const includers = new Map(stacks.flatMap((stack) => stack.included.map((path) => [path, stack.file])))
  return stacks.map((stack) => {
    const includer = includers.get(stack.file)
    if (includer === undefined) return stack
    const message = `${includer} includes this file too, so its services run in both stacks; where that is not meant, give it a name that makes no stack, such as services.yaml`
    const problem = noticeAt({ file: stack.file, line: 0, column: 0 }, '', message)
    return { ...stack, problems: tidy([...stack.problems, problem]) }
  })
}

/** The stacks of a source, each told of networks that another stack declares under the same name and sets up otherwise. */
export function tellOtherNetworks(stacks: LoadedStack[]): LoadedStack[] {
  const declared = stacks.flatMap(({ file, spec }) =>
    (spec?.networks ?? []).flatMap((one) =>
      one.external ? [] : [{ file, name: one.name, is: canonicalJson(one) }],
    ),
  )
  const byName = Map.groupBy(declared, ({ name }) => name)
  return stacks.map((stack) => {
    const told = declared.flatMap(({ file, name, is }) => {
      const others = file === stack.file ? (byName.get(name) ?? []).filter((other) => other.is !== is) : []
      return others.map((other) => otherwise(stack.file, name, other.file))
    })
    return told.length === 0 ? stack : { ...stack, problems: tidy([...stack.problems, ...told]) }
  })
}

function otherwise(file: string, name: string, other: string): Problem {
  const message = `the network ${name} is set up otherwise by ${other}: each stack has a bridge of its own; to share one, declare it in one stack and write external: true in the other`
  return noticeAt({ file, line: 0, column: 0 }, '', message)
}
