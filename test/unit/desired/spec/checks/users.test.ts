import { describe, expect, it } from 'vitest'
import { problemsOf, serviceOf } from '../../support.ts'

const rest = (lines = '') => `  b: {image: y${lines}}\n`

describe('users of its own', () => {
  it.each([
    ['userns_mode: auto', { users: 'own' }],
    ['userns_mode: host', undefined],
  ])('%s', (line, isolation) => {
    expect(serviceOf(line).container.isolation).toEqual(isolation)
  })

  it.each<[string, string]>([
    [
      'userns_mode: keep-id',
      'services.a.userns_mode: must be host, or auto for users of its own, not "keep-id"',
    ],
    ...['network_mode', 'pid', 'ipc', 'uts', 'cgroup'].map((key): [string, string] => [
      `userns_mode: auto\n${key}: host`,
      `services.a.userns_mode: ${key}: host needs the users of the host; remove one of the two`,
    ]),
    [
      'userns_mode: auto\nnetwork_mode: service:b',
      'services.a.userns_mode: network_mode: service:b leads to a task with other users; remove one of the two',
    ],
    [
      'userns_mode: auto\nprivileged: true',
      'services.a.userns_mode: privileged needs the users of the host; remove one of the two',
    ],
    [
      'userns_mode: auto\ndevices: [/dev/fuse]',
      'services.a.userns_mode: devices belong to users of the host; remove one of the two',
    ],
    [
      'userns_mode: auto\nuser: "1000:70000"',
      'services.a.user: with userns_mode: auto there are the users 0 to 65535, and 70000 is none',
    ],
    [
      'userns_mode: auto\nvolumes: [{type: bind, source: /s, target: /t, bind: {propagation: rslave}}]',
      'services.a.volumes[0]: is tied to the mounts of the host (rslave), which userns_mode: auto cuts; remove one of the two',
    ],
  ])('refuses %s', (lines, problem) => {
    const body = `services:\n  a:\n    image: x\n${lines.replace(/^/gm, '    ')}\n${rest()}`
    expect(problemsOf(body).map((line) => line.replace(/^\S+ /, ''))).toEqual([problem])
  })
})
