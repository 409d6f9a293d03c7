import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { createLoader, type Load, type Loaded } from '../../controller/desired/load.ts'
import type { SourceFile, SourceTree } from '../../schemas/source.ts'
import { type Measured, median } from './measure.ts'

const STACKS = 1000
const ROUNDS = 5
const SETPOINT = join(import.meta.dirname, '../../scripts/setpoint.mjs')

/** A repository of 1,000 stacks against the bare parsing of its YAML, a commit to one of them, and `setpoint config`. */
export async function benchLoad(): Promise<Measured[]> {
  const files = repository()
  const whole: number[] = []
  const floors: number[] = []
  const again: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const load = createLoader()
    floors.push(processorTime(() => parseAll(files)))
    whole.push(processorTime(() => check(load(treeOf(files), OPTIONS))))
    again.push(touchOne(load, files, round))
  }
  const ratio = median(whole) / median(floors)
  return [
    {
      name: `load ${STACKS} stacks from ${files.size} files, on one core`,
      value: median(whole),
      unit: 'ms',
      limit: 3000,
      note: `${ratio.toFixed(1)} times the bare parsing of their YAML (${median(floors).toFixed(0)} ms)`,
    },
    { name: 'load them again after a commit to one', value: median(again), unit: 'ms', limit: 100 },
    configTime(),
  ]
}

const OPTIONS = { variables: {}, directory: '' }

/** Milliseconds of all threads together: what the work takes where there is one core. */
function processorTime(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function touchOne(load: Load, files: Map<string, string>, round: number): number {
  const path = 'team-7/service-7/compose.yaml'
  const changed = new Map(files).set(path, `${files.get(path)}# round ${round}\n`)
  const tree = treeOf(changed)
  const before = new Set(load(treeOf(files), OPTIONS).stacks)
  let loaded: Loaded | undefined
  const took = processorTime(() => {
    loaded = load(tree, OPTIONS)
  })
  const fresh = check(loaded).filter((stack) => !before.has(stack))
  if (fresh.length !== 1) throw new Error(`${fresh.length} stacks were loaded again, not one`)
  return took
}

function check(loaded: Loaded | undefined): Loaded['stacks'] {
  const stacks = loaded?.stacks ?? []
  const bad = stacks.find(({ spec }) => spec === null)
  if (bad || stacks.length !== STACKS) {
    throw new Error(`the stacks of the benchmark are not valid: ${JSON.stringify(bad?.problems)}`)
  }
  return stacks
}

function parseAll(files: Map<string, string>): void {
  for (const [path, text] of files) if (path.endsWith('.yaml')) parseAllDocuments(text)
}

/** From the shell and back, as the one who waits for it has it. */
function configTime(): Measured {
  const folder = mkdtempSync(join(tmpdir(), 'setpoint-bench-'))
  try {
    writeFileSync(join(folder, 'compose.yaml'), composeFile('web'))
    writeFileSync(join(folder, '.env'), ENV)
    const run = (...argv: string[]) =>
      timed(() =>
        execFileSync(process.execPath, argv, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] }),
      )
    run(SETPOINT, 'config')
    const pairs = Array.from({ length: 15 }, () => [run(SETPOINT, 'config'), run('-e', '0')])
    const [ours, bare] = [median(pairs.map(([one = 0]) => one)), median(pairs.map(([, one = 0]) => one))]
    const note = `${(ours / bare).toFixed(1)} times a Node that does nothing (${bare.toFixed(0)} ms)`
    return { name: '`setpoint config` on a typical file', value: ours, unit: 'ms', limit: 250, note }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function timed(work: () => void): number {
  const begun = performance.now()
  work()
  return performance.now() - begun
}

/** Two files a stack: a compose file, and an `.env` or an override by turns. */
function repository(): Map<string, string> {
  const stacks = Array.from({ length: STACKS }, (_, n) => {
    const folder = `team-${n % 20}/service-${n}`
    const beside: [string, string] =
      n % 2 === 0 ? [`${folder}/.env`, ENV] : [`${folder}/compose.override.yaml`, OVERRIDE]
    return [[`${folder}/compose.yaml`, composeFile(`service-${n}`)] as [string, string], beside]
  })
  return new Map(stacks.flat())
}

function treeOf(files: Map<string, string>): SourceTree {
  const entries = [...files].map(([path, text]): [string, SourceFile] => {
    const content = Buffer.from(text)
    const hash = createHash('sha1').update(content).digest('hex')
    return [path, { path, size: content.length, kind: 'file', hash, content }]
  })
  return { revision: 'r1', files: new Map(entries) }
}

const ENV = 'TAG=1.4.2\nLOG_LEVEL=warn\n'

const OVERRIDE = `services:
  web:
    environment:
      LOG_LEVEL: debug
    deploy:
      replicas: 3
`

function composeFile(name: string): string {
  return `name: ${name}
x-logging: &logging
  LOG_LEVEL: \${LOG_LEVEL:-info}
  LOG_FORMAT: json
services:
  web:
    image: localhost/${name}/web:\${TAG:-1.4.2}
    command: ["serve", "--listen", "0.0.0.0:8080"]
    environment:
      <<: *logging
      DATABASE_URL: postgres://app@db:5432/app
      CACHE_TTL: 60
    ports:
      - "8080"
    volumes:
      - uploads:/var/lib/app/uploads
    healthcheck:
      test: ["CMD", "wget", "-q", "-O", "-", "http://127.0.0.1:8080/healthz"]
      interval: 10s
      timeout: 3s
      retries: 3
    deploy:
      replicas: 2
      update_config:
        order: start-first
        failure_action: rollback
      resources:
        limits: {cpus: "0.50", memory: 256M}
    networks: [inner]
  db:
    image: localhost/postgres:16
    environment:
      <<: *logging
      POSTGRES_USER: app
    volumes:
      - data:/var/lib/postgresql/data
    stop_grace_period: 1m30s
    networks: [inner]
networks:
  inner: {}
volumes:
  uploads: {}
  data: {}
`
}
