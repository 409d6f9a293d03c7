import { explain } from '../explain.ts'
import type { Runtime } from '../runtime.ts'
import { type CgroupMode, cgroupPath, fileOf, readLimits } from './cgroup.ts'
import { writeLimits } from './knobs.ts'
import { type FolderOf, filesOfSettings, readSettings, settingFiles, writeSettings } from './settings.ts'
import { readUsage } from './usage.ts'

type CgroupVerbs = Pick<
  Runtime,
  'limits' | 'usage' | 'setLimits' | 'settings' | 'settingsNow' | 'setSettings'
>

/** The verbs of Runtime that look at a container's cgroup, and set what is in it; no runtime is asked. */
export function cgroupVerbs(mode: CgroupMode, instance: string): CgroupVerbs {
  const pathOf = (id: string) => cgroupPath(instance, id)
  const folderOf =
    (id: string): FolderOf =>
    (controller) =>
      fileOf(mode, controller, pathOf(id))

  return {
    limits: async (id) => readLimits(mode, pathOf(id)),
    usage: (id, pid) => readUsage(mode, { cgroup: pathOf(id), pid }),
    async setLimits(id, resources) {
      await writeLimits(mode, pathOf(id), resources).catch((error) => {
        throw notSet(id, error)
      })
    },
    settings: (id, resources) => readSettings(folderOf(id), settingFiles(mode, resources)),
    settingsNow: (id, settings) => readSettings(folderOf(id), filesOfSettings(settings)),
    async setSettings(id, settings) {
      try {
        writeSettings(folderOf(id), settings)
      } catch (error) {
        throw notSet(id, error as Error)
      }
    },
  }
}

function notSet(id: string, error: Error) {
  return explain(`the limits of task ${id} cannot be set`, error.message, error)
}
