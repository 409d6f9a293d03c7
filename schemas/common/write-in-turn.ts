/** Writes, and resolves once there is room for more, or nobody takes anything any more. */
export function writeInTurn(stream: NodeJS.WritableStream, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (!stream.writable || stream.write(bytes)) return resolve()
    const done = () => {
      stream.off('drain', done).off('close', done)
      resolve()
    }
    stream.on('drain', done).on('close', done)
  })
}
