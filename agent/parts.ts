import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { makeNamedFolder } from '../schemas/common/folders.ts'
import type { Log } from '../schemas/log.ts'
import { systemClock } from './clock.ts'
import type { Contents } from './content/contents.ts'
import { createContents } from './content/create.ts'
import { createFetch } from './content/fetch.ts'
import { watchHealth } from './health/monitor.ts'
import { createProbe } from './health/probe/probe.ts'
import { hostKey } from './host-key.ts'
import { createImages, type ImageStore } from './image/create.ts'
import { createNetworks } from './network/create.ts'
import type { Networks } from './network/networks.ts'
import type { AgentOptions } from './options.ts'
import { agentPaths, type Paths } from './paths.ts'
import { chooseRuntime } from './runtime/choose.ts'
import { createRuntime } from './runtime/oci.ts'
import { argvOf } from './runtime/process.ts'
import type { Runtime } from './runtime/runtime.ts'
import { createSecrets } from './secret/create.ts'
import { createMemory } from './secret/memory.ts'
import type { Secrets } from './secret/secrets.ts'
import type { Reach } from './session/reach.ts'
import { createTasks } from './task/create.ts'
import { createJournal } from './task/journal/journal.ts'
import type { Tasks } from './task/tasks.ts'
import { removeTemporary } from './temporary.ts'
import { createVolumes } from './volume/create.ts'
import { openUses, type Uses } from './volume/last-use.ts'
import type { Volumes } from './volume/volumes.ts'

/** What an agent consists of. */
export interface Parts {
  paths: Paths
  runtime: Runtime
  images: ImageStore
  networks: Networks
  volumes: Volumes
  contents: Contents
  secrets: Secrets
  tasks: Tasks
  /** Who used which volume last. */
  uses: Uses
  /** What a live session needs to reach a task. */
  reach: Reach
  /** Lets go of everything and leaves every container running. */
  close(): Promise<void>
}

/** Puts an agent together; nothing of it has looked at a task yet. @param imageGrace see Images.release */
export async function openParts(options: AgentOptions, log: Log, imageGrace?: number): Promise<Parts> {
  const { storageRoot, storageRun, authFile } = options
  const paths = agentPaths(options.state, options.run)
  await makeNamedFolder(paths.run, '--run', mkdir)
  await removeTemporary(paths)
  const choice = await chooseRuntime({ wanted: options.runtime, run: paths.run })
  log.info(
    { runtime: choice.info.name, version: choice.info.version, why: choice.info.why },
    'The runtime is chosen',
  )
  const [runtime, networks, images] = await Promise.all([
    createRuntime({ paths, choice, log }),
    createNetworks({ paths, log }),
    createImages({
      paths,
      log,
      ...(storageRoot !== undefined && { storageRoot }),
      ...(storageRun !== undefined && { storageRun }),
      ...(authFile !== undefined && { authFile }),
      ...(imageGrace !== undefined && { grace: imageGrace }),
      housekeeping: options.housekeeping,
    }),
  ])
  const volumes = createVolumes({ paths, log })
  const fetch = createFetch(options.redis)
  const contents = createContents({ paths, fetch, log })
  const secrets = createSecrets({
    paths,
    fetch,
    log,
    memory: createMemory(join(paths.run, 'secrets'), log),
    hostKey: () => hostKey(paths.state, log),
  })
  const journal = createJournal({ paths, log })
  const clock = systemClock
  const probe = createProbe({ exec: runtime.exec })
  const tasks = createTasks({
    runtime,
    images,
    networks,
    volumes,
    contents,
    secrets,
    journal,
    argvOf,
    watchHealth,
    probe,
    clock,
    log,
  })
  const uses = await openUses({ paths, log, tasks: () => tasks.known().map(({ task }) => task) })
  const endTidying = images.keepTidy(tasks.imageUses)
  return {
    paths,
    runtime,
    images,
    networks,
    volumes,
    contents,
    secrets,
    tasks,
    uses,
    reach: { paths, tasks, runtime, volumes, uses, cgroup: choice.info.cgroup },
    async close() {
      endTidying()
      await tasks.close()
      await uses.saved()
      await images.saved()
      await Promise.all([networks.close(), runtime.close()])
    },
  }
}
