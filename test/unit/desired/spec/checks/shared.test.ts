import { describe, expect, it } from 'vitest'
import { aService, problemsOf, serviceOf } from '../../support.ts'

const rest = (lines: string) => `  b: {image: y${lines}}\n  c: {image: y}\n`

describe('a service that joins the processes or the IPC of another one', () => {
  it('says of which one', () => {
    const lines = 'pid: service:b\nipc: service:b\nnetwork_mode: service:b'
    expect(serviceOf(lines, rest(', ipc: shareable')).container.isolation).toEqual({
      ...{ pid: { service: 'b' }, ipc: { service: 'b' } },
    })
  })

  it.each<[string, string, string]>([
    ['ipc: service:b', '', 'services.a.ipc: b keeps it to itself; write ipc: shareable there'],
    ['pid: service:b', ', pid: host', 'services.a.pid: b is in that of the host; write pid: host'],
    [
      'pid: service:b',
      ', network_mode: "service:c"',
      'services.a.pid: b itself joins another service by network_mode; name that service',
    ],
    [
      'network_mode: service:c\npid: service:b',
      '',
      'services.a.pid: is of another service than network_mode, and a task runs beside one; name the same',
    ],
    ['pid: service:b\nscale: 2', '', 'services.a.pid: has 2 tasks, but b only 1; give it as many replicas'],
    [
      'pid: service:b\ndeploy: {mode: global}',
      '',
      'services.a.pid: each task joins one of b; make both services global, or none',
    ],
    [
      'ipc: service:b\nshm_size: 1m',
      ', ipc: shareable',
      'services.a.shm_size: is that of b, whose ipc is joined; write it there',
    ],
    [
      'ipc: service:b\nsysctls: {kernel.shmmax: 1}',
      ', ipc: shareable',
      'services.a.sysctls.kernel.shmmax: is of the ipc of b; write it there',
    ],
    ['pid: container:b', '', 'services.a.pid: containers have no fixed names here; write pid: service:NAME'],
  ])('is refused: %s beside%s', (lines, more, message) => {
    const problems = problemsOf(aService(lines, rest(more)))
    expect(problems).toEqual([expect.stringContaining(message)])
    expect(problems[0]).toMatch(/^web\/compose\.yaml:\d+:\d+ /)
  })
})
