import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { painter } from '../controller/cli/format/paint.ts'
import { problemLine } from '../controller/cli/format/problem-line.ts'
import { ERRORS, type ErrorCode } from '../schemas/error.ts'
import { formatProblem } from '../schemas/problem.ts'
import { commandNames, helpOf } from '../scripts/cli-page.ts'
import { ROOT } from './support/imports.ts'
import { loadFiles } from './unit/desired/support.ts'

const PAGES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter((page) => existsSync(join(ROOT, page)))

describe('docs/errors.md', () => {
  const sections = read('docs/errors.md').split(/^### /m).slice(1)
  const codes = sections.map((section) => /^`([A-Z_]+)`/.exec(section)?.[1])

  it('has each error code, and no other', () => {
    expect(codes.sort()).toEqual(Object.keys(ERRORS).sort())
  })

  it.each(Object.keys(ERRORS) as ErrorCode[])('tells of %s what the table tells, and what to do', (code) => {
    const section = sections.find((text) => text.startsWith(`\`${code}\``))
    const { meaning, retryable } = ERRORS[code]
    expect(section).toContain(`${meaning} Tried again: ${retryable ? 'yes' : 'no'}.`)
    expect(section?.trim().split('\n\n').length).toBeGreaterThan(2)
  })
})

describe('README.md', () => {
  it('shows a problem as it is printed', () => {
    const { stacks } = loadFiles({
      'examples/hello/compose.yaml': read('examples/hello/compose.yaml').replace('ports:', 'prots:'),
      'examples/hello/hello.image.yaml': read('examples/hello/hello.image.yaml'),
    })
    const [printed] = stacks.flatMap(({ problems }) => problems.map(formatProblem))
    expect(read('README.md')).toContain(`\n    ${printed}\n    ${counted()}: 1 error\n`)
  })

  it('counts the examples', () => {
    expect(read('README.md')).toContain(`# ${counted()}: valid\n`)
  })

  function counted(): string {
    const stacks = PAGES.filter((page) => /^examples\/[^/]+\/README\.md$/.test(page))
    const images = readdirSync(join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.image.yaml'),
    )
    return `${stacks.length} stacks, ${images.length} image specs`
  }
})

describe('docs/stack-files.md and what it leads to', () => {
  const [intro = '', ...own] = read('docs/stack-files.md').split(/^##+ /m)
  const pages = ['rollouts', 'networks', 'volumes', 'containers'].map((name) => read(`docs/${name}.md`))
  const sections = [...own, ...pages.flatMap((page) => page.split(/^##+ /m))]
  const withFiles = sections
    .map((text) => ({ title: text.split('\n')[0], files: filesIn(text) }))
    .filter(({ files }) => Object.keys(files).length > 0)

  it('begins with a stack', () => {
    expect(problemsOf(filesIn(intro))).toEqual([])
  })

  it.each(withFiles)('shows valid files under "$title"', ({ files }) => {
    expect(problemsOf({ ...filesIn(intro), ...files })).toEqual([])
  })

  it('shows a problem as it is printed', () => {
    const [extending] = sections.filter((text) => text.includes('`extends`'))
    const files = filesIn(extending ?? '')
    const typo = files['common/services.yaml']?.replace('restart', 'restrat') ?? ''
    const [stack] = loadFiles({ ...files, 'common/services.yaml': typo }).stacks
    const printed = stack?.problems.map((problem) => problemLine(problem, painter(false))).join('\n') ?? ''
    expect(read('docs/stack-files.md')).toContain(printed.replaceAll(/^/gm, '    '))
  })

  function problemsOf(files: Record<string, string>): string[] {
    const { stacks, problems } = loadFiles(files)
    expect(stacks.some(({ name }) => name === 'shop')).toBe(true)
    const all = [...problems, ...stacks.flatMap((stack) => stack.problems)]
    return all.filter(({ severity }) => severity === 'error').map(formatProblem)
  }
})

describe('docs/compose.md', () => {
  it('shows the marks of its example as they are printed', () => {
    const page = read('docs/compose.md')
    const [stack] = loadFiles(filesIn(page)).stacks
    const printed = stack?.problems.map((problem) => `    ${problemLine(problem, painter(false))}\n`) ?? []
    expect(printed).toHaveLength(2)
    expect(page).toContain(`\n\n${printed.join('')}\n`)
  })
})

describe('docs/dependencies.md', () => {
  const manifest = JSON.parse(read('package.json'))
  const [, runtime = '', development = ''] = read('docs/dependencies.md').split(/^## /m)

  it('has each package that Setpoint runs with, and no other', () => {
    expect(firstColumn(runtime)).toEqual(Object.keys(manifest.dependencies).sort())
  })

  it('has each package for development, and no other', () => {
    expect(firstColumn(development)).toEqual(Object.keys(manifest.devDependencies).sort())
  })
})

describe('links', () => {
  it.each(PAGES)('%s leads only to what is there', (page) => {
    expect(linksOf(page).filter((link) => !leadsSomewhere(page, link))).toEqual([])
  })
})

describe('commands', () => {
  it.each(PAGES)('%s names only commands and npm scripts that there are', async (page) => {
    const commands = new Set([...commandNames(await helpOf([])), 'help'])
    const scripts = new Set([
      ...Object.keys(JSON.parse(read('package.json')).scripts),
      'ci',
      'install',
      'pack',
    ])
    expect(
      named(page, /(?:^|[`\s/])setpoint(?:\.mjs)? (?!is ready)([a-z]+)\b/g).filter(
        (name) => !commands.has(name),
      ),
    ).toEqual([])
    expect(named(page, /\bnpm (?:run )?(?:-s )?([a-z]+)\b/g).filter((name) => !scripts.has(name))).toEqual([])
  })
})

describe('docs/laws.md', () => {
  const rows = read('docs/laws.md')
    .split('\n')
    .filter((line) => /^\| \d+\./.test(line))

  it('has the twelve laws', () => {
    expect(rows.map(numberOf)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  })

  it.each(rows.map((row) => ({ law: numberOf(row), row })))(
    'law $law links to the test that decides it',
    ({ law, row }) => {
      const tests = [...row.matchAll(/\]\(\.\.\/(test\/\S+\.test\.ts)\)/g)].map(([, path]) =>
        read(path ?? ''),
      )
      expect(tests.some((text) => text.includes(`(law ${law})`))).toBe(true)
    },
  )

  function numberOf(row: string): number {
    return Number(/\d+/.exec(row))
  }
})

/** The blocks of code whose first line is a path. */
function filesIn(text: string): Record<string, string> {
  const blocks = [...text.matchAll(/^```(?:yaml|ini)\n(?=# (\S+\/\S+)\n)(.*?)^```/gms)]
  return Object.fromEntries(blocks.map(([, path = '', content = '']) => [path, content]))
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

function firstColumn(text: string): string[] {
  return [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name ?? '').sort()
}

/** Relative links; what stands in code is none. */
function linksOf(page: string): string[] {
  const prose = read(page).replace(/```[\s\S]*?```|`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link ?? '')
    .filter((link) => !/^[a-z]+:/.test(link))
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(ROOT, target))) return false
  return anchor === undefined || anchorsOf(target).includes(anchor)
}

/** The anchors that a forge makes of a page's headings. */
function anchorsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading ?? '')
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
}

/** What a page names in code: the first group of the pattern. */
function named(page: string, pattern: RegExp): string[] {
  const code = read(page).match(/```[\s\S]*?```|`[^`\n]*`|^ {4,}\S.*$/gm) ?? []
  return code.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name ?? ''))
}
