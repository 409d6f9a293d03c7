import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseMounts } from '../../../agent/mountinfo.ts'
import { createMountReader, foundMounts, lowerdirOf } from '../../../agent/observe/mounts.ts'

const host = parseMounts(`21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
22 21 8:2 / /srv rw - ext4 /dev/sda2 rw
23 21 8:1 /var/lib/v /mnt/copy rw - ext4 /dev/sda1 rw
`)
const inside =
  parseMounts(`50 40 0:60 / / rw,relatime - overlay overlay rw,lowerdir=/images/abc,upperdir=/u,workdir=/w
51 50 8:1 /var/lib/v /data rw - ext4 /dev/sda1 rw
52 50 8:2 /site\\040one /www ro,relatime - ext4 /dev/sda2 rw
53 50 0:61 / /tmp rw,nosuid - tmpfs tmpfs rw,size=64k
`)

describe('the mounts of a task', () => {
  it('are those that were set up, when nobody has touched them', () => {
    const wanted = ['/data=/var/lib/v', '/tmp=tmpfs', '/www=/srv/site one:ro']
    expect(foundMounts(wanted, { inside, host })).toEqual(wanted)
  })

  it('are told as they are when they differ', () => {
    const wanted = ['/data=/elsewhere:ro', '/gone=/x', '/www=/srv/site one']
    expect(foundMounts(wanted, { inside, host })).toEqual(['/data=/var/lib/v', '/www=/srv/site one:ro'])
  })

  it('tell of a folder that was deleted and made again under a running task', () => {
    const stale = parseMounts('51 50 8:1 /var/lib/v//deleted /data rw - ext4 /dev/sda1 rw')
    expect(foundMounts(['/data=/var/lib/v'], { inside: stale, host })).not.toEqual(['/data=/var/lib/v'])
  })

  it('count as they were mounted last', () => {
    const twice = [...inside, ...parseMounts('60 51 0:70 / /data rw - tmpfs tmpfs rw')]
    expect(foundMounts(['/data=/var/lib/v'], { inside: twice, host })).toEqual(['/data=tmpfs /'])
  })

  it('tell which image lies under the root', () => {
    expect(lowerdirOf(inside)).toBe('/images/abc')
    expect(lowerdirOf(host)).toBeUndefined()
  })
})

describe('a mount table that is read again and again', () => {
  let proc = ''
  beforeEach(() => {
    proc = mkdtempSync(join(tmpdir(), 'proc-'))
    mkdirSync(join(proc, '100'))
  })
  afterEach(() => rmSync(proc, { recursive: true, force: true }))
  const write = (lines: string[]) => writeFileSync(join(proc, '100', 'mountinfo'), lines.join('\n'))
  const line = (target: string) => `21 1 8:1 / ${target} rw - ext4 /dev/sda1 rw`

  it('is parsed again only when it has changed', () => {
    write([line('/a')])
    const reader = createMountReader(proc)
    const first = reader.read('100')
    expect(reader.read('100')).toBe(first)
    write([line('/b')])
    expect(reader.read('100')?.map(({ target }) => target)).toEqual(['/b'])
    reader.keep(new Set())
    expect(reader.read('100')).not.toBe(first)
  })

  it('may be of any length', () => {
    const targets = Array.from({ length: 5_000 }, (_, index) => `/mounted/here/${index}`)
    write(targets.map(line))
    expect(
      createMountReader(proc)
        .read('100')
        ?.map(({ target }) => target),
    ).toEqual(targets)
  })

  it('is none when the process has ended', () => {
    const reader = createMountReader(proc)
    write([line('/a')])
    reader.read('100')
    rmSync(join(proc, '100'), { recursive: true })
    expect(reader.read('100')).toBeUndefined()
  })
})
