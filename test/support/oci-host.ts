import { access, copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ResolvedImage } from '../../agent/image/images.ts'
import { agentPaths, type Paths } from '../../agent/paths.ts'
import { chooseRuntime, type RuntimeChoice, releaseView } from '../../agent/runtime/choose.ts'
import { createRuntime } from '../../agent/runtime/oci.ts'
import type { Container, ResolvedMount, Runtime } from '../../agent/runtime/runtime.ts'
import type { ContainerSpec } from '../../schemas/container.ts'
import type { ImageConfig } from '../../schemas/image.ts'
import type { Task } from '../../schemas/task.ts'
import { aContainer } from './builders.ts'

/** A real runtime over folders of its own, with one image made of busybox. */
export interface OciHost {
  folder: string
  paths: Paths
  choice: RuntimeChoice
  runtime: Runtime
  image: ResolvedImage
  /** What the runtime has logged. */
  logged: { fields: object; message: string }[]
  /** What a script prints that is run in a container. */
  inside(id: string, script: string): Promise<string>
  /** Another runtime over the same folders: an agent that was started again. */
  again(): Promise<Runtime>
  /** Takes everything down and says what is left of it in the kernel, which should be nothing. */
  close(): Promise<string[]>
}

export interface ContainerOptions {
  spec?: Partial<ContainerSpec>
  config?: ImageConfig
  mounts?: ResolvedMount[]
  netns?: string | null
}

const APPLETS = ['cat', 'chmod', 'echo', 'grep', 'head', 'id', 'ls', 'mkdir', 'mknod', 'mount', 'nc'].concat([
  'sh',
  'sleep',
  'stat',
  'tail',
  'touch',
  'true',
  'unshare',
  'yes',
  'hostname',
  'env',
  'pwd',
  'dd',
])

export async function openOciHost(wanted: 'auto' | 'crun' | 'runc'): Promise<OciHost> {
  const folder = await mkdtemp(join(tmpdir(), 'setpoint-runtime-'))
  const paths = agentPaths(join(folder, 'state'), join(folder, 'run'))
  const image = await makeImage(join(folder, 'image'))
  const choice = await chooseRuntime({ wanted, run: paths.run })
  const logged: OciHost['logged'] = []
  const note = (fields: object, message: string) => void logged.push({ fields, message })
  const open = () => createRuntime({ paths, choice, log: { warn: note, error: note } })
  const runtimes = [await open()]
  const runtime = runtimes[0] as Runtime
  return {
    folder,
    paths,
    choice,
    runtime,
    image,
    logged,
    inside: async (id, script) => (await runtime.exec(id, ['sh', '-c', script], { timeout: 10_000 })).output,
    async again() {
      const next = await open()
      runtimes.push(next)
      return next
    },
    async close() {
      for (const { id } of await runtime.list()) await runtime.purge(id)
      for (const id of await readdir(join(paths.run, 'tasks')).catch(() => [])) await runtime.purge(id)
      await Promise.all(runtimes.map((one) => one.close()))
      await releaseView(paths.run)
      const left = await leftOf(folder, paths)
      await rm(folder, { recursive: true, force: true })
      return left
    },
  }
}

/** A task's root mounted, and all that `create` needs. */
export async function aContainerOn(
  { runtime, image }: Pick<OciHost, 'runtime' | 'image'>,
  id: string,
  { spec = {}, config = {}, mounts = [], netns = null }: ContainerOptions = {},
): Promise<Container> {
  const used = { ...image, config: { ...image.config, ...config } }
  return { task: aTask(id, spec), image: used, rootfs: await runtime.mountRoot(id, used), netns, mounts }
}

/** Creates and starts it. */
export async function running(
  host: Pick<OciHost, 'runtime' | 'image'>,
  id: string,
  options?: ContainerOptions,
): Promise<number> {
  const { pid } = await host.runtime.create(await aContainerOn(host, id, options))
  await host.runtime.start(id)
  return pid
}

/** The error with which a container is not created, in one line: its code, message and hint. */
export async function refusalOf(
  host: Pick<OciHost, 'runtime' | 'image'>,
  id: string,
  options: ContainerOptions,
): Promise<string> {
  const container = await aContainerOn(host, id, options)
  return host.runtime.create(container).then(
    () => 'it was made',
    ({ code, message, hint }) => `${code}: ${message} ${hint}`,
  )
}

/** Waits for a container's exit; ask before it can happen. */
export function exitOf(runtime: Runtime, id: string) {
  return new Promise<{ exitCode: number; oomKilled: boolean; at: string }>((resolve) => {
    runtime.onExit((exit) => {
      if (exit.id === id) resolve(exit)
    })
  })
}

export function aTask(id: string, spec: Partial<ContainerSpec> = {}): Task {
  return {
    id,
    stack: 'shop',
    service: 'web',
    slot: 2,
    host: 'a',
    revision: 'c0ffee',
    fingerprint: 'f1',
    container: aContainer({ command: ['sleep', '1000'], ...spec }),
    networks: [],
    volumes: [],
  }
}

async function makeImage(root: string): Promise<ResolvedImage> {
  const bin = join(root, 'bin')
  await Promise.all(['bin', 'etc', 'tmp', 'data'].map((name) => mkdir(join(root, name), { recursive: true })))
  await copyFile('/usr/bin/busybox', join(bin, 'busybox'))
  await Promise.all(APPLETS.map((name) => symlink('busybox', join(bin, name))))
  await writeFile(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nalice:x:1000:1001::/:/bin/sh\n')
  await writeFile(join(root, 'etc/group'), 'root:x:0:\nalice:x:1001:\nmedia:x:2000:alice\n')
  await writeFile(join(root, 'data/hello'), 'from the image\n')
  return { id: 'busybox', reference: 'localhost/test/busybox:1', root, config: {} }
}

async function leftOf(folder: string, { instance }: Paths): Promise<string[]> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .filter((line) => line.includes(folder))
  const hierarchies = ['', ...(await readdir('/sys/fs/cgroup'))]
  const cgroups = hierarchies.map((name) => join('/sys/fs/cgroup', name, 'setpoint', instance))
  const there = await Promise.all(
    cgroups.map((path) =>
      access(path).then(
        () => path,
        () => undefined,
      ),
    ),
  )
  return [...mounts, ...there.filter((path) => path !== undefined)]
}
