import { join } from 'node:path'
import type { Paths } from '../paths.ts'

/** Where volumes with a name have a folder each. */
export const volumesFolder = ({ state }: Pick<Paths, 'state'>) => join(state, 'volumes')

/** Where those with `driver_opts` are mounted. */
export const mountsFolder = ({ run }: Pick<Paths, 'run'>) => join(run, 'volumes')

/** Where the volumes of a task without a name are. */
export const ownVolumesFolder = ({ task }: Pick<Paths, 'task'>, taskId: string) =>
  join(task(taskId), 'volumes')

/** Where the data of a volume is that is a folder of its own. @param home the volume's folder */
export const dataOf = (home: string) => join(home, 'data')
