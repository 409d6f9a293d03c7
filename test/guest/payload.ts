import { cp, mkdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { must } from '../support/host-command.ts'
import { imageStore } from '../support/host-images.ts'
import { ROOT } from '../support/imports.ts'
import { diskArgv } from './image.ts'

const SIZE = '1G'
/** What an installed package has, the units that its docs give, and the sources for tests that run in the guest. */
const FILES = [
  'package.json',
  'scripts',
  'docs/systemd',
  'agent',
  'controller',
  'schemas',
  'test',
  'vitest.config.ts',
]
/** Only for those who write Setpoint; large. */
const LEFT_OUT = /^node_modules\/(@biomejs|@typescript|typescript|fast-check|pure-rand)(\/|$)/

/**
 * A disk with Setpoint as it is built for publishing (a guest is too slow to strip types at every start), Node 24, and the
 * test images. Mounted at /opt.
 */
export async function makePayload(folder: string): Promise<string> {
  const content = join(folder, 'opt')
  const clone = join(content, 'setpoint')
  await mkdir(clone, { recursive: true })
  for (const file of FILES) await copy(join(ROOT, file), join(clone, file))
  for (const path of await packagesOf()) await copy(join(ROOT, path), join(clone, path))
  await must([TSC, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(clone, 'dist')], {
    timeout: 120_000,
  })
  await must(['cp', '--archive', await imageStore(), join(content, 'containers-storage')])
  await mkdir(join(content, 'containers'))
  await must(['mv', join(content, 'containers-storage'), join(content, 'containers', 'storage')])
  const image = join(folder, 'opt.img')
  await must(diskArgv({ image, folder: content, size: SIZE }), { timeout: 120_000 })
  await rm(content, { recursive: true })
  return image
}

const TSC = join(ROOT, 'node_modules/.bin/tsc')

/** The packages of the lock file that run in the guest; Node 24 is one of them. */
async function packagesOf(): Promise<string[]> {
  const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, unknown>
  }
  return Object.keys(packages).filter((path) => path !== '' && !LEFT_OUT.test(path))
}

/** What a lock file lists for other platforms is not there. */
async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await cp(from, to, { recursive: true, verbatimSymlinks: true }).catch((error) => {
    if (error.code !== 'ENOENT') throw error
  })
}
