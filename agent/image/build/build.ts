import { mkdtemp } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { environmentForTools } from '../../../schemas/common/environment.ts'
import { createLimit } from '../../../schemas/common/limit.ts'
import { messageOf, SetpointError } from '../../../schemas/error.ts'
import type { ImageSpec } from '../../../schemas/image.ts'
import type { Log } from '../../../schemas/log.ts'
import type { Paths } from '../../paths.ts'
import { run, succeed } from '../../runtime/exec.ts'
import type { Buildah } from '../buildah.ts'
import { diskFull, lastLines } from '../failures.ts'
import { clearFolder, type RemoveRest } from '../scratch.ts'
import type { Caller } from '../while-wanted.ts'
import { putFile } from './files.ts'
import { addPackages } from './packages.ts'
import { planBuild, type Step } from './plan.ts'

/** Builds the image of a spec under a reference; tells each step. */
export type Build = (reference: string, spec: ImageSpec, caller: Required<Caller>) => Promise<void>

interface BuildOptions {
  buildah: Buildah
  paths: Paths
  /** Where the temporary files of builds go: each has a folder of its own, by which what it leaves is found. */
  scratch: string
  log: Log
  /** Gets the base onto the host. */
  ensure: (reference: string, caller: Caller) => Promise<unknown>
}

const STEP_DEADLINE = 15 * 60_000
/** How much of what a failing step said is told. */
const TOLD_LINES = 12
/** How much of a step's command line is told while it runs. */
const TOLD_LETTERS = 120

/** The name of the working container of a build is that of its folder. */
const containerOf = (folder: string): string => basename(folder)

/** One build at a time: they share apt's cache, and two are no faster than one after the other. */
export function createBuild({ buildah, paths, scratch, log, ensure }: BuildOptions): Build {
  const inTurn = createLimit(1)

  async function build(reference: string, spec: ImageSpec, caller: Required<Caller>): Promise<void> {
    if (spec.base !== 'scratch') await ensure(spec.base, caller)
    const folder = await mkdtemp(scratch)
    try {
      for (const step of planBuild(spec, containerOf(folder), reference)) {
        log.debug({ image: spec.name, step: step.words }, 'Build step')
        caller.tell(`building ${spec.name}: ${step.words}`.slice(0, TOLD_LETTERS))
        await perform(step, folder).catch((error) => fail(spec, step, error))
      }
    } finally {
      await clearFolder(folder, removeContainer(buildah, log))
    }
  }

  async function perform(step: Step, folder: string): Promise<void> {
    const env = { ...environmentForTools(process.env), TMPDIR: folder }
    if (step.kind === 'buildah') return command(step.args, env)
    const root = (await succeed(buildah('mount', containerOf(folder)))).trim()
    if (step.kind === 'packages') {
      await addPackages({ root, packages: step.packages, cache: join(paths.state, 'cache/debs'), env, log })
    } else {
      for (const file of step.files) await putFile(root, file)
    }
  }

  async function command(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
    const { exitCode, stdout, stderr, timedOut } = await run(buildah(...args), {
      env,
      timeout: STEP_DEADLINE,
    })
    if (timedOut) throw new Error(`no end after ${STEP_DEADLINE / 60_000} minutes`)
    if (exitCode !== 0) throw new Error(lastLines(`${stdout}\n${stderr}`, TOLD_LINES))
  }

  return (reference, spec, caller) =>
    inTurn(async () => {
      const started = performance.now()
      await build(reference, spec, caller)
      log.info({ image: reference, took: Math.round(performance.now() - started) }, 'Image built')
    })
}

/** Removes the working container of a build, and unmounts its file system. */
export function removeContainer(buildah: Buildah, log: Log): RemoveRest {
  return async (folder) => {
    const container = containerOf(folder)
    const { exitCode, stderr } = await run(buildah('rm', container))
    if (exitCode === 0 || stderr.includes('not known')) return true
    log.warn({ container, said: lastLines(stderr, 1) }, 'The working container of a build stays behind')
    return false
  }
}

function fail(spec: ImageSpec, step: Step, error: unknown): never {
  const said = messageOf(error)
  if (/no space left|ENOSPC/i.test(said)) throw diskFull(`building image ${spec.name}, ${step.words},`, said)
  throw new SetpointError('IMAGE_BUILD_FAILED', `Image ${spec.name}: ${step.words} failed: ${said}`, {
    hint: 'Fix the image file; `setpoint sync` tries it again.',
    cause: error,
  })
}
