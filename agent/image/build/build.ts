import { join } from 'node:path'
import { digest } from '../../../schemas/canonical.ts'
import { createLimit } from '../../../schemas/common/limit.ts'
import { messageOf, SetpointError } from '../../../schemas/error.ts'
import type { ImageSpec } from '../../../schemas/image.ts'
import type { Log } from '../../../schemas/log.ts'
import type { Paths } from '../../paths.ts'
import { run, succeed } from '../../runtime/exec.ts'
import type { Buildah } from '../buildah.ts'
import { diskFull, lastLines } from '../failures.ts'
import type { Caller } from '../while-wanted.ts'
import { putFile } from './files.ts'
import { addPackages } from './packages.ts'
import { planBuild, type Step } from './plan.ts'

/** Builds the image of a spec under a reference; tells each step. */
export type Build = (reference: string, spec: ImageSpec, caller: Required<Caller>) => Promise<void>

interface BuildOptions {
  buildah: Buildah
  paths: Paths
  log: Log
  /** Gets the base onto the host. */
  ensure: (reference: string, caller: Caller) => Promise<unknown>
}

const STEP_DEADLINE = 15 * 60_000
/** How much of what a failing step said is told. */
const TOLD_LINES = 12
/** How much of a step's command line is told while it runs. */
const TOLD_LETTERS = 120

/** One build at a time: they share apt's cache, and two are no faster than one after the other. */
export function createBuild({ buildah, paths, log, ensure }: BuildOptions): Build {
  const inTurn = createLimit(1)

  async function build(reference: string, spec: ImageSpec, caller: Required<Caller>): Promise<void> {
    const container = `setpoint-build-${paths.instance}-${digest(reference, 12)}`
    if (spec.base !== 'scratch') await ensure(spec.base, caller)
    await remove(container) // what a crash left
    try {
      for (const step of planBuild(spec, container, reference)) {
        log.debug({ image: spec.name, step: step.words }, 'Build step')
        caller.tell(`building ${spec.name}: ${step.words}`.slice(0, TOLD_LETTERS))
        await perform(step, container).catch((error) => fail(spec, step, error))
      }
    } catch (error) {
      await remove(container)
      throw error
    }
  }

  async function perform(step: Step, container: string): Promise<void> {
    if (step.kind === 'buildah') return command(step.args)
    const root = (await succeed(buildah('mount', container))).trim()
    if (step.kind === 'packages') {
      await addPackages({ root, packages: step.packages, cache: join(paths.state, 'cache/debs'), log })
    } else {
      for (const file of step.files) await putFile(root, file)
    }
  }

  async function command(args: string[]): Promise<void> {
    const { exitCode, stdout, stderr, timedOut } = await run(buildah(...args), { timeout: STEP_DEADLINE })
    if (timedOut) throw new Error(`no end after ${STEP_DEADLINE / 60_000} minutes`)
    if (exitCode !== 0) throw new Error(lastLines(`${stdout}\n${stderr}`, TOLD_LINES))
  }

  async function remove(container: string): Promise<void> {
    const { exitCode, stderr } = await run(buildah('rm', container))
    if (exitCode === 0 || stderr.includes('not known')) return
    log.warn({ container, said: lastLines(stderr, 1) }, 'The working container of a build stays behind')
  }

  return (reference, spec, caller) =>
    inTurn(async () => {
      const started = performance.now()
      await build(reference, spec, caller)
      log.info({ image: reference, took: Math.round(performance.now() - started) }, 'Image built')
    })
}

function fail(spec: ImageSpec, step: Step, error: unknown): never {
  const said = messageOf(error)
  if (/no space left|ENOSPC/i.test(said)) throw diskFull(`building image ${spec.name}, ${step.words},`, said)
  throw new SetpointError('IMAGE_BUILD_FAILED', `Image ${spec.name}: ${step.words} failed: ${said}`, {
    hint: 'Fix the image file; `setpoint sync` tries it again.',
    cause: error,
  })
}
