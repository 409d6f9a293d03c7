import { describe, expect, test } from 'vitest'
import { service } from '../../../controller/desired/compose/model/service.ts'
import type { Content } from './support.ts'
import { loadFiles, problemsOf, shown } from './support.ts'

const keys = Object.entries(service.map?.keys ?? {})

const REST = `
  b: {image: y, healthcheck: {test: [CMD, ok]}}
networks: {n: }
volumes: {v: }
`

/** A value of each honoured key that asks for something. */
const SAMPLES: Record<string, string> = {
  image: 'image: z',
  pull_policy: 'pull_policy: always',
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
  volumes: 'volumes: ["v:/v"]',
  tmpfs: 'tmpfs: /t',
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
  deploy: 'deploy: {replicas: 2}',
  scale: 'scale: 2',
  mem_limit: 'mem_limit: 64m',
  mem_reservation: 'mem_reservation: 32m',
  cpus: 'cpus: 0.5',
  pids_limit: 'pids_limit: 100',
  'x-setpoint': 'x-setpoint: {healthcheck: {http: {port: 80}}}',
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
    const bare = load('')
    const { digest, problems } = load(SAMPLES[key] ?? '')
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
