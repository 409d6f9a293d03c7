import { describe, expect, test } from 'vitest'
import { service } from '../../../controller/desired/compose/model/service.ts'
import type { Content } from './support.ts'
import { loadFiles, problemsOf, shown } from './support.ts'

const keys = Object.entries(service.map?.keys ?? {})

const REST = `
  b: {image: y, healthcheck: {test: [CMD, ok]}, volumes: ["v:/w"]}
networks: {n: }
volumes: {v: }
configs: {c: {content: x}}
secrets: {s: {external: true}}
`

/** A value of each honoured key that asks for something. */
const SAMPLES: Record<string, string> = {
  image: 'image: z',
  pull_policy: 'pull_policy: always',
  platform: 'platform: linux/arm64',
  command: 'command: [a, b]',
  entrypoint: 'entrypoint: [a, b]',
  environment: 'environment: {A: "1"}',
  env_file: 'env_file: some.env',
  label_file: 'label_file: some.env',
  extends: 'extends: {service: base, file: base.yaml}',
  profiles: 'profiles: [never]',
  working_dir: 'working_dir: /w',
  user: 'user: "1000"',
  hostname: 'hostname: h',
  container_name: 'container_name: cc',
  ports: 'ports: ["8080:80"]',
  networks: 'networks: [n]',
  network_mode: 'network_mode: none',
  domainname: 'domainname: example.com',
  dns: 'dns: 192.0.2.53',
  dns_opt: 'dns_opt: [ndots:2]',
  dns_search: 'dns_search: example.com',
  extra_hosts: 'extra_hosts: ["db:10.0.0.5"]',
  sysctls: 'sysctls: {net.core.somaxconn: 1024}',
  mac_address: 'mac_address: 02:42:ac:11:65:43',
  volumes: 'volumes: ["v:/v"]',
  volumes_from: 'volumes_from: [b]',
  tmpfs: 'tmpfs: /t',
  configs: 'configs: [c]',
  secrets: 'secrets: [s]',
  healthcheck: 'healthcheck: {test: [CMD, ok]}',
  restart: 'restart: on-failure',
  depends_on: 'depends_on: [b]',
  links: 'links: [b]',
  labels: 'labels: {l: "1"}',
  stop_signal: 'stop_signal: SIGINT',
  stop_grace_period: 'stop_grace_period: 1m',
  read_only: 'read_only: true',
  cap_add: 'cap_add: [NET_ADMIN]',
  cap_drop: 'cap_drop: [ALL]',
  security_opt: 'security_opt: [no-new-privileges]',
  logging: 'logging: {options: {max-size: 1m}}',
  deploy: 'deploy: {replicas: 2}',
  scale: 'scale: 2',
  mem_limit: 'mem_limit: 64m',
  mem_reservation: 'mem_reservation: 32m',
  cpus: 'cpus: 0.5',
  pids_limit: 'pids_limit: 100',
  cpu_shares: 'cpu_shares: 512',
  cpu_quota: 'cpu_quota: 50000',
  cpu_period: 'cpu_period: 50000',
  cpuset: 'cpuset: "0"',
  memswap_limit: 'memswap_limit: 128m',
  mem_swappiness: 'mem_swappiness: 10',
  oom_kill_disable: 'oom_kill_disable: true',
  oom_score_adj: 'oom_score_adj: 500',
  blkio_config: 'blkio_config: {weight: 300}',
  ulimits: 'ulimits: {nofile: 1024}',
  shm_size: 'shm_size: 128m',
  privileged: 'privileged: true',
  group_add: 'group_add: [media]',
  pid: 'pid: service:b',
  ipc: 'ipc: shareable',
  uts: 'uts: host',
  cgroup: 'cgroup: host',
  runtime: 'runtime: runc',
  userns_mode: 'userns_mode: auto',
  init: 'init: true',
  tty: 'tty: true',
  stdin_open: 'stdin_open: true',
  devices: 'devices: [/dev/fuse]',
  device_cgroup_rules: 'device_cgroup_rules: ["c 188:* rwm"]',
  gpus: 'gpus: all',
  'x-setpoint': 'x-setpoint: {healthcheck: {http: {port: 80}}}',
}

/** What must stand beside a key for it to say anything. */
const NEEDS: Record<string, string> = {
  memswap_limit: 'mem_limit: 64m',
  cpu_period: 'cpu_quota: 50000',
}

const BESIDE: Record<string, Content> = {
  'web/some.env': 'A=1\n',
  'web/base.yaml': 'services: {base: {image: base, user: "1"}}\n',
}

function load(line: string) {
  const yaml = `services:\n  a:\n    image: x\n    ${line}${REST}`.replace(/ {4}image: x\n(?= {4}image)/, '')
  const [stack] = loadFiles({ 'web/compose.yaml': yaml, ...BESIDE }).stacks
  return { digest: stack?.spec?.digest, problems: stack?.problems.map(shown) }
}

describe('a key of a service (law 12)', () => {
  const honoured = keys.filter(([, { mark }]) => mark.mark === 'honoured').map(([key]) => key)

  test('every honoured key has a sample here', () =>
    expect(Object.keys(SAMPLES).sort()).toEqual([...honoured].sort()))

  test.each(honoured)('%s, which is honoured, changes what runs', (key) => {
    const needed = NEEDS[key] ? `${NEEDS[key]}\n    ` : ''
    const bare = load(needed)
    const { digest, problems } = load(`${needed}${SAMPLES[key]}`)
    expect(problems).toEqual([])
    expect(digest).not.toBe(bare.digest)
  })

  test.each(keys.map(([key]) => key).filter((key) => key !== 'image'))(
    '%s is read or told of, never dropped',
    (key) => {
      const problems = problemsOf(`services: {a: {image: x, ${key}: {zzz: {zzz: [z]}}}}`)
      expect(problems).not.toEqual([])
      for (const line of problems) expect(line).toContain(`services.a.${key}`)
    },
  )
})
