import { TEST_IMAGE } from '../support/host.ts'
import type { Files } from '../support/host-repository.ts'
import { appService, compose } from '../support/stacks.ts'
import type { Random } from './random.ts'

/** What commits change. */
export interface Fleet {
  /** Another one rolls `web/front` and `api/api`. */
  message: number
  /** Of `web/front`. */
  replicas: number
  /** Whether the stack `extra` is there. */
  extra: boolean
}

export const FIRST_FLEET: Fleet = { message: 1, replicas: 3, extra: true }
export const WEB_PORT = 8080
export const VIP_PORT = 8081
export const UDP_PORT = 5300
/** What the files interpolate. */
export const VARIABLES = { CHAOS_TOKEN: 'a token of the fleet' }

const QUICK = 'update_config: {parallelism: 2, monitor: 100ms, order: start-first}'
const AT_ONCE = 'restart_policy: {condition: any, delay: 0s}'

/** Appends numbered lines, each on the disk before the next one is written; goes on after the last that is there. */
const WRITER = `n=$$(tail -n 1 /data/lines 2>/dev/null || true); n=$$(printf %d "$$n" 2>/dev/null || echo 0)
while :; do
  n=$$((n + 1))
  echo $$n | dd of=/data/lines bs=64 oflag=append conv=notrunc,fsync 2>/dev/null
  sleep 0.02
done`

/** Answers every packet; busybox has no program for that. */
const ECHO =
  'use IO::Socket::INET; my $$s = IO::Socket::INET->new(Proto => "udp", LocalPort => 53) or die; while (defined $$s->recv(my $$b, 99)) { $$s->send($$b) }'

export function fleetFiles({ message, replicas, extra }: Fleet): Files {
  return {
    'web/page.conf': `page ${message}\n`,
    'web/compose.yaml': web(message, replicas),
    'data/compose.yaml': data(),
    'api/compose.yaml': api(message),
    'extra/compose.yaml': extra
      ? compose(appService('more', { replicas: 2, port: 8090, deploy: [QUICK, AT_ONCE] }))
      : null,
  }
}

export function stacksOf({ extra }: Fleet): string[] {
  return ['api', 'data', ...(extra ? ['extra'] : []), 'web']
}

/** One commit more: a new image environment, another number of tasks, a stack that comes or goes. */
export function changed(fleet: Fleet, random: Random): Fleet {
  switch (random.below(3)) {
    case 0:
      return { ...fleet, message: fleet.message + 1 }
    case 1:
      return { ...fleet, replicas: 1 + ((fleet.replicas + random.below(3)) % 4) }
    default:
      return { ...fleet, extra: !fleet.extra }
  }
}

function web(message: number, replicas: number): string {
  return `${compose(
    appService('front', {
      message: `${message}`,
      replicas,
      port: WEB_PORT,
      lines: ['secrets: [token]', 'configs: [{source: page, target: /etc/page.conf}]'],
      deploy: [QUICK, AT_ONCE],
    }),
    appService('back', {
      replicas: 2,
      port: VIP_PORT,
      deploy: ['endpoint_mode: vip', QUICK, AT_ONCE],
    }),
  )}secrets: {token: {environment: CHAOS_TOKEN}}
configs: {page: {file: ./page.conf}}
`
}

function data(): string {
  return `services:
  writer:
    image: ${TEST_IMAGE}
    command: [/bin/sh, -c, ${JSON.stringify(WRITER)}]
    volumes: [lines:/data]
    stop_grace_period: 1s
    deploy: {${AT_ONCE}}
  job:
    image: ${TEST_IMAGE}
    command: [/bin/true]
    deploy: {restart_policy: {condition: on-failure, delay: 0s}}
volumes: {lines: }
`
}

function api(message: number): string {
  return `services:
  api:
    image: ${TEST_IMAGE}
    environment: {MESSAGE: "api ${message}"}
    networks: [inner]
    stop_grace_period: 1s
    x-setpoint: {healthcheck: {http: {port: 8080}, interval: 500ms, retries: 2}}
    deploy: {replicas: 2, ${QUICK}, ${AT_ONCE}}
  echo:
    image: ${TEST_IMAGE}
    command: [/usr/bin/perl, -e, ${JSON.stringify(ECHO)}]
    volumes: ["/usr:/usr:ro", "/lib:/lib:ro", "/lib64:/lib64:ro"]
    ports: ["${UDP_PORT}:53/udp"]
    networks: [inner]
    stop_grace_period: 1s
    deploy: {${AT_ONCE}}
networks: {inner: }
`
}
