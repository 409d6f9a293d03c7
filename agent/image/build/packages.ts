import { lstat, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../../schemas/log.ts'
import { absent } from '../../disk.ts'
import { type Argv, type Result, run } from '../../runtime/exec.ts'
import { resolveInRoot } from '../../runtime/in-root.ts'
import { lastLines } from '../failures.ts'
import { moveTree } from './files.ts'

interface PackagesOptions {
  /** The image's root. */
  root: string
  packages: string[]
  /** Where downloads are kept for the next build. */
  cache: string
  /** For the commands that are run. */
  env: NodeJS.ProcessEnv
  log: Log
}

const DEADLINE = 10 * 60_000
const LISTS = '/var/lib/apt/lists'
const LISTS_AGE = 24 * 3_600_000
/** Debian's merged /usr: packages for it may ship files under either name. */
const MERGED = ['bin', 'sbin', 'lib', 'lib64']

/** Unpacks Debian packages and all that they depend on into an image. Their maintainer scripts are not run. */
export async function addPackages({ root, packages, cache, env, log }: PackagesOptions): Promise<void> {
  const said = sayer(env)
  await mkdir(join(cache, 'partial'), { recursive: true })
  await writeFile(join(cache, 'status'), '') // no package is installed: every dependency counts
  const files = await withLists(said, log, async () => {
    const wanted = parsePlan(await said(simulateArgv(packages, cache)))
    const have = new Set(await readdir(cache))
    if (!wanted.every((file) => have.has(file))) await said(downloadArgv(packages, cache))
    return wanted
  })
  // Not straight into the root: tar would replace its links to folders, or follow them out of it.
  // Under a name that nobody knows before, on the file system of the root: what an image has there is not followed.
  const staging = await mkdtemp(join(root, '.setpoint-packages-'))
  for (const file of files) await said(['dpkg-deb', '--extract', join(cache, file), staging])
  await mergeUsr(root)
  await moveTree(root, staging, '/')
  await rm(staging, { recursive: true })
}

/** What apt would do, in the order it would. */
export function simulateArgv(packages: string[], cache: string): Argv {
  return ['apt-get', 'install', '--simulate', ...aptFlags(cache), '--', ...packages]
}

/** Downloads packages, and what they depend on, into a cache of our own; nothing is installed. */
export function downloadArgv(packages: string[], cache: string): Argv {
  return ['apt-get', 'install', '--download-only', '--yes', ...aptFlags(cache), '--', ...packages]
}

/** The file names in apt's cache of the packages that a simulation would install. */
export function parsePlan(text: string): string[] {
  return [...text.matchAll(/^Inst (\S+) \((\S+) .*\[(\w+)\]\)/gm)].map(([, name, version, architecture]) => {
    const plain = name?.replace(/:.*$/, '')
    return `${plain}_${version?.replaceAll(':', '%3a')}_${architecture}.deb`
  })
}

function aptFlags(cache: string): string[] {
  return [
    '--no-install-recommends',
    ...['-o', `Dir::State::status=${join(cache, 'status')}`],
    ...['-o', `Dir::Cache::archives=${cache}/`],
    ...['-o', 'Debug::NoLocking=1'],
    ...['-o', 'APT::Sandbox::User=root'],
    ...['-o', 'Dpkg::Use-Pty=0'],
  ]
}

/** Package lists may be missing, or so old that what they name has gone from the mirror: then they are fetched once. */
async function withLists<T>(said: Say, log: Log, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const text = String(error)
    const isUnknown = /Unable to locate|no installation candidate|was not found/.test(text)
    const isStale = text.includes('Failed to fetch') || (isUnknown && (await areListsOld()))
    if (!isStale) throw error
    log.info({}, 'The package lists are missing or old: apt-get update')
    await said(['apt-get', 'update', '-o', 'APT::Sandbox::User=root'])
    return work()
  }
}

async function areListsOld(): Promise<boolean> {
  const names = (await readdir(LISTS)).filter((name) => name.endsWith('Release'))
  const times = await Promise.all(names.map(async (name) => (await stat(join(LISTS, name))).mtimeMs))
  return Math.max(0, ...times) < Date.now() - LISTS_AGE
}

/** Where the image has no such folders yet, they become links into /usr. */
async function mergeUsr(root: string): Promise<void> {
  for (const name of MERGED) {
    const there = await lstat(join(root, name)).catch(absent)
    if (there) continue
    await mkdir(await resolveInRoot(root, `/usr/${name}`), { recursive: true })
    await symlink(`usr/${name}`, join(root, name))
  }
}

/** Runs a command and gives its stdout. */
type Say = (argv: Argv) => Promise<string>

function sayer(given: NodeJS.ProcessEnv): Say {
  const env = { ...given, DEBIAN_FRONTEND: 'noninteractive' }
  return async (argv) => {
    const { exitCode, stdout, stderr, timedOut } = await run(argv, { env, timeout: DEADLINE }).catch(
      notInstalled,
    )
    if (timedOut) throw new Error(`${argv[0]} did not end within ${DEADLINE / 60_000} minutes`)
    if (exitCode !== 0) throw new Error(lastLines(stderr || stdout, 5).replaceAll(/^E: /gm, ''))
    return stdout
  }
}

function notInstalled(error: NodeJS.ErrnoException): Result {
  if (error.code !== 'ENOENT') throw error
  throw new Error('`packages` needs apt-get and dpkg-deb, which this host does not have', { cause: error })
}
