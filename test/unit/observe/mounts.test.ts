import { describe, expect, it } from 'vitest'
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

it('a mount table that has not changed is not parsed again', () => {
  const reader = createMountReader()
  const text = '21 1 8:1 / / rw - ext4 /dev/sda1 rw'
  const first = reader.read('t1', text)
  expect(reader.read('t1', text)).toBe(first)
  reader.keep(new Set())
  expect(reader.read('t1', text)).not.toBe(first)
})
