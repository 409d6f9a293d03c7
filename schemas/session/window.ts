/** How many bytes are on their way: who writes faster than the other end takes has to wait. */
export interface Window {
  /** Waits for any room and takes up `bytes` of it; once the window is closed it waits no more. */
  enter(bytes: number): Promise<void>
  /** So much has arrived. */
  leave(bytes: number): void
  close(): void
}

/** A window that is full from `size` bytes on. What enters while there is any room may stand out of it. */
export function createWindow(size: number): Window {
  const waiting: (() => void)[] = []
  let underWay = 0
  let isClosed = false
  const wakeAll = () => {
    for (const wake of waiting.splice(0)) wake()
  }
  return {
    async enter(bytes) {
      while (underWay >= size && !isClosed) await new Promise<void>((resolve) => waiting.push(resolve))
      underWay += bytes
    },
    leave(bytes) {
      underWay = Math.max(0, underWay - bytes)
      wakeAll()
    },
    close() {
      isClosed = true
      wakeAll()
    },
  }
}
