import type { TaskContext } from './context.ts'

/** Milliseconds between two looks whether traffic reaches a task. */
const NEXT_LOOK = 1_000

/**
 * Has other tasks make room for one, when its time has come. Resolves without standing still until they are gone:
 * whatever happens to this task meanwhile is looked at.
 * @param makeRoom asks that these tasks be removed; resolves when they are gone
 */
export function createRoom(
  context: TaskContext,
  makeRoom: (ids: string[]) => Promise<void>,
): (ids: string[]) => Promise<void> {
  const { entry, send, sleep, clock } = context
  let isUnderWay = false

  return async (ids) => {
    const before = entry()
    const mayGo = isUnderWay || (await isReached(context))
    if (entry() !== before) return
    if (!mayGo) return sleep(clock.now() + NEXT_LOOK)
    if (!isUnderWay) {
      isUnderWay = true
      void makeRoom(ids).then(() => {
        isUnderWay = false
        send({ type: 'roomMade' })
      })
    }
    return sleep()
  }
}

/** False for a task that is to serve before others go, as long as its ports lead elsewhere. */
async function isReached({ id, entry, publisher }: TaskContext): Promise<boolean> {
  const { replaces, task } = entry()
  if (replaces?.order !== 'start-first' || task.container.ports.length === 0) return true
  await publisher.flush()
  return publisher.leadsTo(id)
}
