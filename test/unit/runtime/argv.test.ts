import { describe, expect, it } from 'vitest'
import {
  bindOnSelfArgv,
  conmonArgv,
  deleteArgv,
  detachArgv,
  execArgv,
  inView,
  overlayArgv,
  overlayLine,
  shareArgv,
  startArgv,
  unmountArgv,
  versionArgv,
  viewArgv,
} from '../../../agent/runtime/argv.ts'

const plain = { path: '/usr/bin/crun', prefix: [], root: '/r/crun' }
const inside = { ...plain, prefix: inView('/r/view/ns', '/r') }

const files = {
  id: 'web-1',
  bundle: '/r/tasks/web-1',
  pidFile: '/r/tasks/web-1/pid',
  conmonPidFile: '/r/tasks/web-1/conmon.pid',
  exitDir: '/r/exits',
  log: '/s/tasks/web-1/log',
  logging: { driver: 'file' as const, maxSize: 500, maxFiles: 2 },
}

describe('command lines', () => {
  it.each([
    ['start', startArgv(plain, 'web-1'), '/usr/bin/crun --root=/r/crun start web-1'],
    [
      'start in the view',
      startArgv(inside, 'web-1'),
      'nsenter --mount=/r/view/ns --wd=/r /usr/bin/crun --root=/r/crun start web-1',
    ],
    ['delete', deleteArgv(plain, 'web-1'), '/usr/bin/crun --root=/r/crun delete --force web-1'],
    [
      'exec',
      execArgv(plain, { id: 'web-1', pidFile: '/p', argv: ['curl', '-f', 'localhost'] }),
      '/usr/bin/crun --root=/r/crun exec --pid-file=/p web-1 curl -f localhost',
    ],
    ['version', versionArgv(inside), 'nsenter --mount=/r/view/ns --wd=/r /usr/bin/crun --version'],
    [
      'conmon',
      conmonArgv(plain, files),
      'conmon --api-version=1 --cid=web-1 --cuuid=web-1 --name=web-1 --runtime=/usr/bin/crun --bundle=/r/tasks/web-1 ' +
        '--container-pidfile=/r/tasks/web-1/pid --conmon-pidfile=/r/tasks/web-1/conmon.pid --exit-dir=/r/exits ' +
        '--log-path=k8s-file:/s/tasks/web-1/log --log-size-max=16777216 --log-level=error --full-attach --no-sync-log ' +
        '--runtime-arg=--root=/r/crun',
    ],
    [
      'overlay',
      overlayArgv({ lower: '/i:1\\', upper: '/s/upper', work: '/s/work', target: '/r/rootfs' }),
      'mount -t overlay overlay -o lowerdir=/i\\:1\\\\,upperdir=/s/upper,workdir=/s/work /r/rootfs',
    ],
    [
      'overlay as a line of fstab',
      [
        '',
        overlayLine({ lower: '/i', upper: '/s a/upper', work: '/s a/work', target: '/r#1/rootfs' }).trim(),
      ],
      ' overlay /r\\0431/rootfs overlay lowerdir=/i,upperdir=/s\\040a/upper,workdir=/s\\040a/work 0 0',
    ],
    ['unmount', unmountArgv('/r/rootfs'), 'umount /r/rootfs'],
    ['detach', detachArgv('/r'), 'umount --lazy /r'],
    ['bind', bindOnSelfArgv('/r'), 'mount --bind --make-private /r /r'],
    ['share', shareArgv('/r'), 'mount --make-shared /r'],
    [
      'view',
      viewArgv('/r/view/ns', ['/sys/fs/cgroup/unified', '/i/merged']),
      'unshare --mount=/r/view/ns --propagation=slave umount --lazy /sys/fs/cgroup/unified /i/merged',
    ],
  ])('%s', (_, argv, line) => {
    expect(argv.join(' ')).toBe(line)
  })

  it('passes the parts of a command on as they are', () => {
    const argv = execArgv(plain, { id: 'web-1', pidFile: '/p', argv: ['sh', '-c', 'a "b"; c $D'] })
    expect(argv.slice(-3)).toEqual(['sh', '-c', 'a "b"; c $D'])
  })
})

describe('where a log goes', () => {
  it('lets conmon write what all files may have, when that is much', () => {
    const logging = { driver: 'file', maxSize: 10 * 1024 * 1024, maxFiles: 3 } as const
    expect(conmonArgv(plain, { ...files, logging })).toContain('--log-size-max=31457280')
  })

  it.each([
    ['file', ['--log-path=k8s-file:/s/tasks/web-1/log', '--log-size-max=16777216']],
    [
      'journald',
      ['--log-path=k8s-file:/s/tasks/web-1/log', '--log-path=journald', '--log-size-max=16777216'],
    ],
    ['none', ['--log-path=none']],
  ] as const)('%s', (driver, wanted) => {
    const argv = conmonArgv(plain, { ...files, logging: { driver, maxSize: 500, maxFiles: 2 } })
    expect(
      argv.filter((argument) => argument.startsWith('--log-') && argument !== '--log-level=error'),
    ).toEqual(wanted)
  })
})
