import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

const BLOCK = 1024
const BLOCKS = 16

/**
 * What a container does that is asked to write: file after file, each of other bytes, in a volume of the host and in one of a
 * server; and it adds a line to a log. Of each it tells on the console once fsync has come back, and not before.
 * Between them it lets others work.
 */
export const WRITER = `serve &
until [ -e /asked/now ]; do sleep 1; done
number=0
while number=$((number + 1)); do
  for folder in /data /share; do
    dd if=/bin/busybox bs=${BLOCK} skip=$number count=${BLOCKS} of=$folder/$number conv=fsync &&
      echo "on disk: $folder $number" > /dev/ttyS0
  done
  echo $number | dd of=/data/log oflag=append conv=notrunc,fsync &&
    echo "on disk: log $number" > /dev/ttyS0
  usleep 100000
done 2>/dev/null
`

/** What was told of on the console, in each of the places: numbers. */
export function toldOf(console: string, place: '/data' | '/share' | 'log'): number[] {
  const lines = console.matchAll(/^on disk: (\S+) (\d+)\r?$/gm)
  return [...lines].filter(([, where]) => where === place).map(([, , number]) => Number(number))
}

/** What md5sum(1) says of such files in a folder. */
export async function sumsOf(folder: string, numbers: number[]): Promise<string> {
  const bytes = await readFile('/bin/busybox')
  const lines = numbers.map((number) => {
    const content = bytes.subarray(number * BLOCK, (number + BLOCKS) * BLOCK)
    return `${createHash('md5').update(content).digest('hex')}  ${folder}/${number}\n`
  })
  return lines.join('')
}
