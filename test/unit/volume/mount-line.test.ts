import { describe, expect, it } from 'vitest'
import {
  hintFor,
  mountArgv,
  mountLine,
  plainWords,
  serverOf,
  withAddress,
} from '../../../agent/volume/mount-line.ts'
import type { DriverOptions } from '../../../schemas/volume.ts'

const nfs: DriverOptions = { type: 'nfs', device: ':/export/data', o: 'addr=10.0.0.2,nolock,soft,rw' }

describe('a line for mount', () => {
  it.each<[DriverOptions, string]>([
    [nfs, ':/export/data /v nfs addr=10.0.0.2,nolock,soft,rw 0 0\n'],
    [{ type: 'tmpfs', device: 'tmpfs' }, 'tmpfs /v tmpfs defaults 0 0\n'],
    [{ type: 'none', device: '/srv/my data', o: 'bind' }, '/srv/my\\040data /v none bind 0 0\n'],
    [
      { type: 'cifs', device: '//nas/a#b', o: 'username=me,password=a b\\c' },
      '//nas/a\\043b /v cifs username=me,password=a\\040b\\134c 0 0\n',
    ],
  ])('of %j', (options, line) => expect(mountLine(options, '/v')).toBe(line))

  it('is all that has the options: the command line has none of them', () => {
    expect(mountArgv('/run/list', '/v').join(' ')).toBe('mount --internal-only --fstab /run/list /v')
  })
})

describe('the server of a volume', () => {
  it.each<[Partial<DriverOptions>, string | undefined]>([
    [{}, undefined],
    [{ o: 'addr=nas.lan,rw' }, 'nas.lan'],
    [{ o: 'rw', device: 'nas.lan:/export' }, 'nas.lan'],
    [{ o: 'rw', device: '[2001:db8::1]:/export' }, undefined],
    [{ type: 'cifs', device: '//nas.lan/share', o: 'username=me' }, 'nas.lan'],
    [{ type: 'cifs', device: '//nas/share', o: 'ip=10.0.0.3' }, undefined],
    [{ type: 'none', device: '/srv', o: 'bind' }, undefined],
    [{ type: 'ext4', device: '/dev/sdb1', o: '' }, undefined],
  ])('%j is looked up: %s', (more, server) => expect(serverOf({ ...nfs, ...more })).toBe(server))

  it.each<[Partial<DriverOptions>, string | undefined, string | undefined]>([
    [{}, undefined, 'nolock,soft,rw,addr=10.0.0.2'],
    [{ o: 'addr=nas.lan,rw' }, '10.0.0.9', 'rw,addr=10.0.0.9'],
    [{ o: 'rw', device: '10.0.0.4:/export' }, undefined, 'rw,addr=10.0.0.4'],
    [{ o: 'rw', device: '[2001:db8::1]:/export' }, undefined, 'rw,addr=2001:db8::1'],
    [{ o: 'rw' }, undefined, 'rw'],
    [{ type: 'none', device: '/srv', o: 'bind' }, undefined, 'bind'],
  ])('%j with %s gets its address', (more, address, o) =>
    expect(withAddress({ ...nfs, ...more }, address).o).toBe(o),
  )
})

describe('what mount says', () => {
  it.each([
    [
      "mount: /run/x: unknown filesystem type 'nfs'.\n       dmesg(1) may have more.",
      "unknown filesystem type 'nfs'",
    ],
    ['mount: /run/x: bad option: username=me,password=hunter2,rw.', 'bad option: username=me,password=…,rw'],
  ])('%j is told as %j', (said, told) => expect(plainWords(said)).toBe(told))

  it.each([
    ["unknown filesystem type 'nfs'", 'modprobe nfs'],
    ['special device /srv/x does not exist', 'Make :/export/data on the host first.'],
    ['Connection timed out', 'Is the server up'],
    ['wrong fs type, bad option', 'dmesg | tail'],
  ])('%j comes with what to do', (said, hint) => expect(hintFor(said, nfs)).toContain(hint))
})
