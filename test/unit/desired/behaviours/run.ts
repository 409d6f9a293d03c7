import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { parse } from 'yaml'
import { config } from '../../../../controller/cli/config.ts'
import { fromHere } from '../../../../controller/cli/problem-paths.ts'
import type { ConfigFlags } from '../../../../controller/cli/project/config-flags.ts'
import { openProject } from '../../../../controller/cli/project/open-project.ts'
import { settle } from '../../../../controller/cli/project/settings.ts'
import { projectJson } from '../../../../controller/desired/compose/print/print.ts'
import { type Files, type Found, filesOf } from '../../../../controller/desired/files/files.ts'
import { hasErrors } from '../../../../controller/desired/problems.ts'
import type { Problem } from '../../../../schemas/problem.ts'
import { testContext } from '../../cli/api-at.ts'
import { aTree, loadFiles } from '../support.ts'

/** What a project is loaded from, in the folder `/srv/shop`. */
export interface Given {
  /** `compose.yaml`; or several files, each over those before; or the files of the folder by their paths. */
  files: string | string[] | Record<string, string>
  env?: Record<string, string>
  /** Where there are any, `setpoint config` is run with them in a folder `shop` on disk. */
  flags?: Partial<ConfigFlags>
}

/**
 * A part of a model. What stands under a key of a service, network … is the whole of what comes out there; `undefined`
 * is what is not there. What the part does not name may be anything.
 */
export type Part = Record<string, unknown>

export interface Result {
  /** Undefined when the file is refused. */
  model: unknown
  problems: Problem[]
}

const FOLDER = '/srv/shop'
const NAMES = ['compose.yaml', 'second.yaml', 'third.yaml', 'fourth.yaml']

/** What `setpoint config --output json` makes of it. */
export async function resolve({ files, env = {}, flags }: Given): Promise<Result> {
  if (flags) return command(named(files), env, flags)
  const tree = inMemory(inFolder(FOLDER, named(files)))
  const isThere = (path: string) => 'file' in tree.read(path)
  const surroundings = { cwd: FOLDER, env, files: tree, unset: 'blank', isThere } as const
  const file = Array.isArray(files) ? NAMES.slice(0, files.length) : []
  const settings = settle({ file, envFile: [], profile: [] }, surroundings)
  const { project, problems } = openProject(settings, surroundings)
  return {
    model: project && !hasErrors(problems) ? projectJson(project) : undefined,
    problems: problems.map((problem) => fromHere(problem, FOLDER)),
  }
}

/** Files by their absolute paths. */
function inMemory(files: Record<string, string>): Files {
  const tree = filesOf(aTree(inFolder('.', files)))
  return {
    ...tree,
    read: (path): Found =>
      Object.hasOwn(files, path)
        ? tree.read(path.slice(1))
        : { problem: `there is no file ${path}`, missing: true },
  }
}

/** The command itself, on files on disk. */
async function command(
  files: Record<string, string>,
  env: Record<string, string>,
  flags: Partial<ConfigFlags>,
): Promise<Result> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'setpoint-behaviour-')))
  const cwd = join(root, 'shop')
  try {
    for (const [path, text] of Object.entries(inFolder(cwd, files))) write(path, text)
    const context = testContext(env)
    const all: ConfigFlags = { file: [], envFile: [], profile: [], output: 'json', ...flags }
    await config(context, all, { cwd, stdin: Readable.from([]) })
    const [stdout, stderr] = [context.stdout.join('\n'), context.stderr.join('\n')]
    return {
      model: stdout === '' ? undefined : parse(stdout),
      problems: stderr === '' ? [] : JSON.parse(stderr).problems,
    }
  } finally {
    rmSync(root, { recursive: true })
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** What is deployed of the stack in a source; `env` stands for the settings of the source. */
export async function deploy({ files, env = {} }: Given): Promise<Result> {
  const listed = Array.isArray(files) ? { COMPOSE_FILE: NAMES.slice(0, files.length).join(':') } : {}
  const variables = { ...env, ...listed }
  const [stack] = loadFiles(inFolder('shop', named(files)), { variables }).stacks
  const problems = (stack?.problems ?? []).map((problem) => fromHere(problem, 'shop'))
  if (!stack?.spec) return { model: undefined, problems }
  const { services, networks, volumes, ...rest } = stack.spec
  const model = {
    ...rest,
    services: byName(services),
    networks: byName(networks),
    volumes: byName(volumes),
  }
  return { model, problems }
}

function byName<T extends { name: string }>(items: T[]): Record<string, T> {
  return Object.fromEntries(items.map((item) => [item.name, item]))
}

function named(files: Given['files']): Record<string, string> {
  if (typeof files === 'string') return { [NAMES[0] ?? '']: files }
  if (!Array.isArray(files)) return files
  return Object.fromEntries(files.map((text, index) => [NAMES[index] ?? '', text]))
}

function inFolder(folder: string, files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [join(folder, path), text]))
}
