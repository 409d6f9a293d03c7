import { a, accepted, aFile, behaviour, deployed, notDeployed, refused } from './support.ts'

behaviour(
  106,
  'a command as text is split as a shell splits it',
  aFile(`command: sh -c "echo 'a  b'" c\\ d`),
  a({ command: ['sh', '-c', "echo 'a  b'", 'c d'] }),
)
behaviour(
  106,
  'no shell runs it: nothing is expanded',
  aFile('command: ls *.txt ~ {a,b}'),
  a({ command: ['ls', '*.txt', '~', '{a,b}'] }),
)
behaviour(
  106,
  'what only a shell knows ends it, which is told of',
  aFile('command: migrate && serve'),
  accepted(
    a({ command: ['migrate'] }),
    'notice compose.yaml:4:14 services.a.command: no shell runs this, and & with all that follows is dropped; …',
  ),
)
behaviour(106, 'a list stays as it is', aFile('command: ["a b", "", c]'), a({ command: ['a b', '', 'c'] }))
behaviour(
  106,
  'an entrypoint is read the same way',
  aFile('entrypoint: /run.sh --now'),
  a({ entrypoint: ['/run.sh', '--now'] }),
)
behaviour(
  106,
  'an empty list is an empty command',
  aFile('command: []\nentrypoint: []'),
  a({ command: [], entrypoint: [] }),
)
behaviour(
  106,
  'nothing is that of the image',
  aFile('command:\nentrypoint:'),
  a({ command: null, entrypoint: null }),
)
behaviour(
  106,
  'so a deployed stack tells them apart',
  aFile('command: []\nentrypoint:'),
  deployed({ services: { a: { container: { command: [], entrypoint: undefined } } } }),
)
behaviour(
  106,
  'a quote that is not closed is told of',
  aFile('command: "echo \'open"'),
  refused('compose.yaml:4:14 services.a.command: has a quote or a bracket that is not closed'),
)

const SIZES = Object.entries({
  '1g': 1 << 30,
  '512m': 512 << 20,
  '640kb': 655360,
  '2gb': 2 ** 31,
  '50M': 50 << 20,
  '1.5g': 1.5 * 2 ** 30,
  '655360': 655360,
  '"655360"': 655360,
  '1KiB': 1024,
})
for (const [size, bytes] of SIZES)
  behaviour(107, `${size} is ${bytes} bytes`, aFile(`shm_size: ${size}`), a({ shm_size: String(bytes) }))
behaviour(107, '-1 is no limit', aFile('memswap_limit: -1'), a({ memswap_limit: '-1' }))
behaviour(
  107,
  'so it is where a stack is deployed',
  aFile('mem_limit: -1'),
  deployed({ services: { a: { container: { resources: {} } } } }),
)
for (const size of ['12 lemons', '10x', 'm', '1g2m'])
  behaviour(
    107,
    `${size} is no size`,
    aFile(`shm_size: ${size}`),
    refused(
      `compose.yaml:4:15 services.a.shm_size: must be a size, as in 512m or 1gb, or -1 for no limit, not "${size}"`,
    ),
  )

const DURATIONS = Object.entries({
  '1m30s': '1m30s',
  '90s': '1m30s',
  '2h': '2h0m0s',
  '10s': '10s',
  '1.5s': '1.5s',
  '500ms': '500ms',
  '1h0m5s': '1h0m5s',
  '0s': '0s',
})
for (const [written, printed] of DURATIONS)
  behaviour(
    108,
    `${written} is printed as ${printed}`,
    aFile(`stop_grace_period: ${written}`),
    a({ stop_grace_period: printed }),
  )
behaviour(
  108,
  'days and weeks are taken, not refused as by Swarm',
  aFile('stop_grace_period: 1d12h\nhealthcheck: {test: probe, interval: 1w}'),
  a({ stop_grace_period: '36h0m0s', healthcheck: { test: ['CMD-SHELL', 'probe'], interval: '168h0m0s' } }),
)
behaviour(
  108,
  'a deployed stack has milliseconds',
  aFile('stop_grace_period: 1m30s'),
  deployed({ services: { a: { container: { stopGracePeriod: 90_000 } } } }),
)
const NO_DURATION =
  'compose.yaml:4:24 services.a.stop_grace_period: must be a duration with its unit, as in 30s or 1m30s, not'
for (const [written, found] of Object.entries({ 10: 'the number 10', '"10"': '"10"', soon: '"soon"' }))
  behaviour(
    108,
    `${written} is no duration`,
    aFile(`stop_grace_period: ${written}`),
    refused(`${NO_DURATION} ${found}`),
  )
behaviour(
  108,
  'a duration is not negative',
  aFile('stop_grace_period: -5s'),
  refused('compose.yaml:4:24 services.a.stop_grace_period: must not be negative: -5s'),
)

const probe = (test: string[]) => a({ healthcheck: { test } })
behaviour(
  109,
  'a test as text is a line for a shell',
  aFile('healthcheck: {test: curl -f localhost || exit 1}'),
  probe(['CMD-SHELL', 'curl -f localhost || exit 1']),
)
behaviour(
  109,
  'a list starts with CMD',
  aFile('healthcheck: {test: [CMD, curl, -f, localhost]}'),
  probe(['CMD', 'curl', '-f', 'localhost']),
)
behaviour(
  109,
  'or with CMD-SHELL',
  aFile('healthcheck: {test: [CMD-SHELL, "curl || exit 1"]}'),
  probe(['CMD-SHELL', 'curl || exit 1']),
)
behaviour(109, 'or with NONE', aFile('healthcheck: {test: [NONE]}'), probe(['NONE']))
behaviour(
  109,
  'and with nothing else',
  aFile('healthcheck: {test: [curl, localhost]}'),
  refused(
    'compose.yaml:4:25 services.a.healthcheck.test: must start with "CMD" for a program, "CMD-SHELL" for a line of a shell, or "NONE" for no check',
  ),
)
const TIMES = { interval: 30_000, timeout: 30_000, retries: 3, startPeriod: 0, startInterval: 5_000 }
behaviour(
  109,
  'a deployed stack runs the line in a shell, at the times of Docker',
  aFile('healthcheck: {test: probe --deep}'),
  deployed({
    services: { a: { container: { healthcheck: { test: ['/bin/sh', '-c', 'probe --deep'], ...TIMES } } } },
  }),
)

behaviour(
  110,
  'disable is no check at all',
  aFile('healthcheck: {disable: true}'),
  deployed({ services: { a: { container: { healthcheck: null } } } }),
)
behaviour(
  110,
  'as NONE is',
  aFile('healthcheck: {test: [NONE]}'),
  deployed({ services: { a: { container: { healthcheck: null } } } }),
)
behaviour(
  110,
  'without either the check of the image counts',
  aFile('user: app'),
  deployed({ services: { a: { container: { healthcheck: undefined } } } }),
)
behaviour(
  110,
  'disable beside a test is told of',
  aFile('healthcheck: {disable: true, test: [CMD, probe]}'),
  notDeployed('compose.yaml:4:18 services.a.healthcheck: has both a test and disable: true; keep one'),
)

behaviour(
  111,
  'a limit is one number or a pair, -1 is none',
  aFile('ulimits: {nproc: 65535, core: -1, nofile: {soft: 1024, hard: -1}}'),
  a({ ulimits: { nproc: 65535, core: -1, nofile: { soft: 1024, hard: -1 } } }),
)
behaviour(
  111,
  'half a pair is told of',
  aFile('ulimits: {nofile: {soft: 1024}}'),
  refused('compose.yaml:4:23 services.a.ulimits.nofile: has no hard'),
)
for (const key of ['labels', 'sysctls', 'annotations']) {
  const pairs = a({ [key]: { count: '42', ratio: '1.5', on: 'true', empty: '', equation: 'a=b' } })
  behaviour(
    111,
    `${key} as a map of scalars are texts`,
    aFile(`${key}: {count: 42, ratio: 1.5, on: true, empty: , equation: a=b}`),
    pairs,
  )
  behaviour(
    111,
    `${key} as a list are the same`,
    aFile(`${key}: [count=42, ratio=1.5, on=true, empty, equation=a=b]`),
    pairs,
  )
}

const hosts = (...extra: string[]) => a({ extra_hosts: extra })
behaviour(
  112,
  'a host with a colon or an equals sign',
  aFile('extra_hosts: ["db:10.0.0.5", "log=10.0.0.6"]'),
  hosts('db=10.0.0.5', 'log=10.0.0.6'),
)
behaviour(
  112,
  'one host has several addresses',
  aFile('extra_hosts: ["db:10.0.0.5", "db=10.0.0.6"]'),
  hosts('db=10.0.0.5', 'db=10.0.0.6'),
)
behaviour(
  112,
  'so it has in a map',
  aFile('extra_hosts: {db: [10.0.0.5, 10.0.0.6], log: 10.0.0.7}'),
  hosts('db=10.0.0.5', 'db=10.0.0.6', 'log=10.0.0.7'),
)
behaviour(
  112,
  'IPv6 with brackets or without',
  aFile('extra_hosts: ["one:::1", "two:[::2]", "three=::3", "four=[::4]"]'),
  hosts('four=::4', 'one=::1', 'three=::3', 'two=::2'),
)
behaviour(
  112,
  'an address is needed',
  aFile('extra_hosts: ["db"]'),
  refused('compose.yaml:4:19 services.a.extra_hosts[0]: "db" has no address; write db=10.0.0.5'),
)
