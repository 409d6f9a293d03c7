import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from './support/imports.ts'

/** A project that has the package installed. */
let project: string

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'setpoint-package-'))
  const installed = join(project, 'node_modules', 'setpoint')
  mkdirSync(installed, { recursive: true })
  const errors = tsc('-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(installed, 'dist'))
  if (errors !== '') throw new Error(errors)
  for (const path of ['package.json', 'schemas/published']) {
    cpSync(join(ROOT, path), join(installed, path), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'))
  writeFileSync(join(project, 'package.json'), '{"type": "module"}')
})
afterAll(() => rmSync(project, { recursive: true }))

const page = readFileSync(join(ROOT, 'docs/library.md'), 'utf8')
const [example = '', command = ''] = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code)
const [, printed = ''] = /```json\n(.*?)```/s.exec(page) ?? []

describe('the examples of docs/library.md', () => {
  it('prints what the page says', () => {
    expect(run(example)).toBe(printed)
  })

  it('tells the problem that the page names', () => {
    expect(run(example.replace('image:', 'imgae:'))).toContain(
      'compose.yaml:5:5 services.web.imgae: unknown key; did you mean image?',
    )
  })

  it('takes variables and the name from where the command takes them', () => {
    writeFileSync(join(project, '.env'), 'TOWN=oslo\nPLACE=${TOWN}\n')
    writeFileSync(
      join(project, 'compose.yaml'),
      'name: ${PLACE}-shop\nservices: {web: {image: "nginx:$TAG"}}\n',
    )
    const said = run(command)
    expect(said).toMatch(/^name: oslo-shop\nservices:\n/)
    expect(said).toMatch(/^notice compose\.yaml:2:\d+ services\.web\.image: variable TAG is not set/m)
  })

  it.each([
    ['first', example],
    ['second', command],
  ])('has the types that the %s needs', (_which, code) => {
    const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8'))
    const options = {
      ...compilerOptions,
      skipLibCheck: false,
      typeRoots: [join(ROOT, 'node_modules/@types')],
    }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }))
    writeFileSync(join(project, 'program.ts'), code)
    expect(tsc('-p', project)).toBe('')
  })
})

describe('the package', () => {
  it.each(['compose', 'image-file', 'stack'])('has the schema of %s', (name) => {
    const specifier = `setpoint/schemas/${name}.schema.json`
    const text = run(
      `import schema from '${specifier}' with { type: 'json' }\nconsole.log(JSON.stringify(schema))`,
    )
    expect(JSON.parse(text)).toEqual(
      JSON.parse(readFileSync(join(ROOT, 'schemas/published', `${name}.schema.json`), 'utf8')),
    )
  })

  it('keeps to itself what is not for others', () => {
    expect(run("import 'setpoint/dist/controller/main.js'")).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED')
  })
})

/** Runs a program in the project and gives what it says, to both streams. */
function run(program: string): string {
  writeFileSync(join(project, 'program.ts'), program)
  return execute(process.execPath, 'program.ts')
}

/** Compiles and gives the errors. */
function tsc(...argv: string[]): string {
  return execute(join(ROOT, 'node_modules/.bin/tsc'), ...argv)
}

function execute(file: string, ...argv: string[]): string {
  const { stdout, stderr } = spawnSync(file, argv, { cwd: project, encoding: 'utf8' })
  return `${stdout}${stderr}`
}
