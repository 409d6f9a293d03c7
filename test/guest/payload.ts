import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { must } from '../support/host-command.ts'
import { imageStore } from '../support/host-images.ts'
import { ROOT } from '../support/imports.ts'
import { diskArgv } from './image.ts'

const SIZE = '1G'
/** What an installed package has beside `dist`, and the units that its docs give. */
const FILES = ['package.json', 'scripts', 'docs/systemd']
/** Only for those who write Setpoint; large. */
const LEFT_OUT = /^node_modules\/(@biomejs|@typescript|@types|typescript|fast-check|pure-rand)(\/|$)/

/** Where the contract suites stand in a guest: beside what is published, as the JavaScript that it was built to. */
export const TESTS = '/opt/setpoint/dist/test'

/**
 * Plain imports, in place of Vite's: a guest is too slow to look at each module. Two files at a time, for its two cores;
 * what one has loaded is there for the next.
 */
const VITEST = `export default {
  test: {
    include: ['contract/*.test.js'],
    experimental: { viteModuleRunner: false },
    isolate: false,
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
}
`

/**
 * A disk with Setpoint as it is built for publishing (a guest is too slow to strip types at every start), Node 24, the test
 * images, and the contract suites. Mounted at /opt.
 */
export async function makePayload(folder: string): Promise<string> {
  const content = join(folder, 'opt')
  const clone = join(content, 'setpoint')
  const dist = join(clone, 'dist')
  await mkdir(clone, { recursive: true })
  const files = [...FILES, ...(await packagesOf())]
  await must(['env', '--chdir', ROOT, 'cp', '--archive', '--parents', ...files, clone])
  await must([TSC, '-p', join(import.meta.dirname, 'tsconfig.json'), '--outDir', dist], { timeout: 120_000 })
  await writeFile(join(dist, 'test', 'vitest.config.js'), VITEST)
  await must(['cp', '--archive', await imageStore(), join(content, 'containers-storage')])
  await mkdir(join(content, 'containers'))
  await must(['mv', join(content, 'containers-storage'), join(content, 'containers', 'storage')])
  const image = join(folder, 'opt.img')
  await must(diskArgv({ image, folder: content, size: SIZE }), { timeout: 120_000 })
  await rm(content, { recursive: true })
  return image
}

const TSC = join(ROOT, 'node_modules/.bin/tsc')

/** The packages of the lock file that run in the guest; Node 24 is one of them. Not all are for this platform. */
async function packagesOf(): Promise<string[]> {
  const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, unknown>
  }
  const all = Object.keys(packages).filter((path) => path !== '' && !LEFT_OUT.test(path))
  return all.filter((path) => path.lastIndexOf('node_modules/') === 0 && existsSync(join(ROOT, path)))
}
