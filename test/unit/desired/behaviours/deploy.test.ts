import { expect, test } from 'vitest'
import { createLoader } from '../../../../controller/desired/load.ts'
import { aTree, specOf } from '../support.ts'
import { a, aFile, behaviour, deployed, notDeployed, refused } from './support.ts'

const service = (part: object, ...told: string[]) => deployed({ services: { a: part } }, ...told)
const container = (part: object, ...told: string[]) => service({ container: part }, ...told)

behaviour(
  113,
  'scale and another deploy.replicas',
  aFile('scale: 2\ndeploy: {replicas: 3}'),
  refused('compose.yaml:4:12 services.a.scale: is 2, but deploy.replicas is 3; keep one'),
)
behaviour(
  113,
  'the same number twice is none',
  aFile('scale: 2\ndeploy: {replicas: 2}'),
  a({ scale: 2, deploy: { replicas: 2, resources: {}, placement: {} } }),
)
behaviour(
  113,
  'it is not below zero',
  aFile('scale: -1'),
  refused('compose.yaml:4:12 services.a.scale: must be 0 or more, not -1'),
)
behaviour(
  113,
  'cpus against deploy',
  aFile('cpus: 0.5\ndeploy: {resources: {limits: {cpus: "2"}}}'),
  refused('compose.yaml:4:11 services.a.cpus: is 0.5, but deploy.resources.limits.cpus is 2; keep one'),
)
behaviour(
  113,
  'mem_limit against deploy',
  aFile('mem_limit: 1k\ndeploy: {resources: {limits: {memory: 2k}}}'),
  refused(
    'compose.yaml:4:16 services.a.mem_limit: is 1024, but deploy.resources.limits.memory is 2048; keep one',
  ),
)
behaviour(
  113,
  'mem_reservation against deploy',
  aFile('mem_reservation: 1k\ndeploy: {resources: {reservations: {memory: 2k}}}'),
  refused(
    'compose.yaml:4:22 services.a.mem_reservation: is 1024, but deploy.resources.reservations.memory is 2048; keep one',
  ),
)
behaviour(
  113,
  'pids_limit against deploy',
  aFile('pids_limit: 1\ndeploy: {resources: {limits: {pids: 2}}}'),
  refused('compose.yaml:4:17 services.a.pids_limit: is 1, but deploy.resources.limits.pids is 2; keep one'),
)
behaviour(
  113,
  'one size written in two ways is one',
  aFile('mem_limit: 1g\ndeploy: {resources: {limits: {memory: 1024m}}}'),
  a({ mem_limit: '1073741824' }),
)

behaviour(
  114,
  'one name for two replicas',
  aFile('container_name: till\ndeploy: {replicas: 2}'),
  refused('compose.yaml:4:21 services.a.container_name: is one name, but there are 2 replicas; remove it'),
)
behaviour(
  114,
  'by scale too',
  aFile('container_name: till\nscale: 2'),
  refused('compose.yaml:4:21 services.a.container_name: is one name, but there are 2 replicas; remove it'),
)
behaviour(
  114,
  'network_mode beside networks',
  aFile('network_mode: host\nnetworks: [default]'),
  refused('compose.yaml:4:5 services.a.network_mode: stands beside networks; a service has one or the other'),
)
behaviour(
  114,
  'neither image nor build',
  'services: {a: {user: app}}',
  refused('compose.yaml:1:15 services.a: has no image and no build; add one of them'),
)

behaviour(
  115,
  'without a mode there is one replica',
  aFile('user: app'),
  service({ mode: 'replicated', replicas: 1 }),
)
behaviour(
  115,
  'replicas are as many, by scale too',
  aFile('deploy: {mode: replicated, replicas: 3}', '  b: {image: b, scale: 2}'),
  deployed({ services: { a: { mode: 'replicated', replicas: 3 }, b: { mode: 'replicated', replicas: 2 } } }),
)
behaviour(115, 'global is one on each host', aFile('deploy: {mode: global}'), service({ mode: 'global' }))
const GLOBAL = 'a global service has one task on each host; remove the number, or the mode'
behaviour(
  115,
  'global has no replicas',
  aFile('deploy: {mode: global, replicas: 2}'),
  notDeployed(`compose.yaml:4:38 services.a.deploy.replicas: ${GLOBAL}`),
)
behaviour(
  115,
  'nor a scale',
  aFile('scale: 2\ndeploy: {mode: global}'),
  notDeployed(`compose.yaml:4:12 services.a.scale: ${GLOBAL}`),
)
behaviour(
  115,
  'another mode is told of',
  aFile('deploy: {mode: globl}'),
  notDeployed(
    'compose.yaml:4:20 services.a.deploy.mode: must be replicated or global, not "globl"; did you mean global?',
  ),
)
behaviour(
  115,
  'jobs of Swarm are refused on purpose',
  aFile('deploy: {mode: replicated-job}'),
  notDeployed(
    'compose.yaml:4:20 services.a.deploy.mode: not honoured yet: the mode replicated-job; write restart: on-failure on a replicated service',
  ),
)

const UPDATE = {
  parallelism: 1,
  delay: 0,
  monitor: 5_000,
  maxFailureRatio: 0,
  order: 'stop-first',
  failureAction: 'rollback',
  deadline: 300_000,
}
behaviour(
  116,
  'an update moves one after the other, and is rolled back on failure, where Swarm pauses',
  aFile('deploy: {update_config: {}}'),
  service({ update: UPDATE }),
)
behaviour(116, 'so does one of which nothing is said', aFile('user: app'), service({ update: UPDATE }))
behaviour(
  116,
  'parallelism 0 is all at once, when it is written',
  aFile('deploy: {update_config: {parallelism: 0}}'),
  service({ update: { ...UPDATE, parallelism: 0 } }),
)
behaviour(
  116,
  'what is written counts',
  aFile(
    'deploy: {update_config: {parallelism: 2, delay: 10s, failure_action: pause, monitor: 20s, max_failure_ratio: 0.3, order: start-first}}',
  ),
  service({
    update: {
      ...UPDATE,
      parallelism: 2,
      delay: 10_000,
      failureAction: 'pause',
      monitor: 20_000,
      maxFailureRatio: 0.3,
      order: 'start-first',
    },
  }),
)
behaviour(
  116,
  'other words are told of',
  aFile('deploy: {update_config: {order: any, failure_action: retry}}'),
  notDeployed(
    'compose.yaml:4:37 services.a.deploy.update_config.order: must be start-first or stop-first, not "any"',
    'compose.yaml:4:58 services.a.deploy.update_config.failure_action: must be rollback, pause or continue, not "retry"',
  ),
)
behaviour(
  116,
  'rollback_config has the same shape, and no effect on purpose',
  aFile(
    'deploy: {rollback_config: {parallelism: 2, delay: 1s, failure_action: pause, monitor: 1s, max_failure_ratio: 0, order: start-first}}',
  ),
  service(
    { update: UPDATE },
    'notice compose.yaml:4:14 services.a.deploy.rollback_config: accepted without effect: a rollback moves as update_config says',
  ),
)

behaviour(
  116,
  'a word in it that is none is told of all the same',
  aFile('deploy: {rollback_config: {order: sideways}}'),
  refused(
    'compose.yaml:4:39 services.a.deploy.rollback_config.order: must be start-first or stop-first, not "sideways"',
  ),
)

const restart = (policy: object) => container({ restart: policy })
behaviour(
  117,
  'restart_policy is as it is written',
  aFile('deploy: {restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, window: 2m}}'),
  restart({ condition: 'on-failure', delay: 5_000, maxAttempts: 3, window: 120_000 }),
)
behaviour(
  117,
  'it wins over restart',
  aFile('restart: always\ndeploy: {restart_policy: {condition: none}}'),
  restart({ condition: 'none' }),
)
behaviour(117, 'always is any', aFile('restart: always'), restart({ condition: 'any' }))
behaviour(117, 'unless-stopped is any', aFile('restart: unless-stopped'), restart({ condition: 'any' }))
behaviour(
  117,
  'on-failure has its attempts',
  aFile('restart: on-failure:4'),
  restart({ condition: 'on-failure', maxAttempts: 4 }),
)
behaviour(
  117,
  'without them it has any number',
  aFile('restart: on-failure'),
  restart({ condition: 'on-failure' }),
)
behaviour(
  117,
  'no is none, with quotes or without',
  aFile('restart: "no"', '  b: {image: b, restart: no}'),
  deployed({
    services: {
      a: { container: { restart: { condition: 'none' } } },
      b: { container: { restart: { condition: 'none' } } },
    },
  }),
)
behaviour(
  117,
  'without any of them it is any, as in Swarm',
  aFile('user: app'),
  restart({ condition: 'any' }),
)
behaviour(
  117,
  'other words are told of',
  aFile('restart: sometimes'),
  notDeployed(
    'compose.yaml:4:14 services.a.restart: must be "no", always, unless-stopped or on-failure[:attempts], not "sometimes"',
  ),
)
behaviour(
  117,
  'below deploy too',
  aFile('deploy: {restart_policy: {condition: sometimes}}'),
  notDeployed(
    'compose.yaml:4:42 services.a.deploy.restart_policy.condition: must be none, on-failure or any, not "sometimes"',
  ),
)

const resources = (limits: object) => container({ resources: limits })
behaviour(
  118,
  'limits and reservations',
  aFile('deploy: {resources: {limits: {cpus: "0.03", memory: 50M, pids: 10}, reservations: {memory: 20M}}}'),
  resources({ cpus: 0.03, memory: 50 << 20, pids: 10, memoryReservation: 20 << 20 }),
)
behaviour(
  118,
  'cpus without quotes, not refused as by Swarm',
  aFile('deploy: {resources: {limits: {cpus: 0.5}}}'),
  resources({ cpus: 0.5 }),
)
behaviour(
  118,
  'the older keys say the same',
  aFile('cpus: 0.5\nmem_limit: 50M\npids_limit: 10\nmem_reservation: 20M'),
  resources({ cpus: 0.5, memory: 50 << 20, pids: 10, memoryReservation: 20 << 20 }),
)
behaviour(
  118,
  'a key that is unknown',
  aFile('deploy: {resources: {impossible: {x: 1}}}'),
  notDeployed('compose.yaml:4:26 services.a.deploy.resources.impossible: unknown key'),
)
const reserving = (what: string) => aFile(`deploy: {resources: {reservations: {${what}}}}`)
const GENERIC = 'generic_resources: [{discrete_resource_spec: {kind: gpu, value: 2}}]'
const reservations = (part: object) => a({ deploy: { resources: { reservations: part }, placement: {} } })
behaviour(
  118,
  'generic resources are kept',
  reserving(GENERIC),
  reservations({ generic_resources: [{ discrete_resource_spec: { kind: 'gpu', value: 2 } }] }),
)
behaviour(
  118,
  'requests for devices are',
  reserving('devices: [{capabilities: [gpu], count: all}]'),
  reservations({ devices: [{ capabilities: ['gpu'], count: -1 }] }),
)
behaviour(
  118,
  'they name capabilities',
  reserving('devices: [{count: 1}]'),
  refused('compose.yaml:4:51 services.a.deploy.resources.reservations.devices[0]: has no capabilities'),
)
behaviour(
  118,
  'they have a number or ids',
  reserving('devices: [{capabilities: [gpu], count: 1, device_ids: [x]}]'),
  refused(
    'compose.yaml:4:51 services.a.deploy.resources.reservations.devices[0]: has both count and device_ids; keep one',
  ),
)
behaviour(
  118,
  'both are refused where a stack is deployed',
  reserving(GENERIC),
  notDeployed(
    'compose.yaml:4:41 services.a.deploy.resources.reservations.generic_resources: not honoured yet: generic_resources; remove it, or run this service outside Setpoint',
  ),
)

const NO_EFFECT = 'accepted without effect'
behaviour(
  119,
  'keys without effect are told of',
  aFile('build: .\nattach: false\nexpose: [80]\nstorage_opt: {size: 1g}'),
  container(
    { resources: {} },
    `notice compose.yaml:4:5 services.a.build: ${NO_EFFECT}: images are built from image specs; …`,
    `notice compose.yaml:5:5 services.a.attach: ${NO_EFFECT}: …`,
    `notice compose.yaml:6:5 services.a.expose: ${NO_EFFECT}: …`,
    `notice compose.yaml:7:5 services.a.storage_opt: ${NO_EFFECT}: …`,
  ),
)
behaviour(
  119,
  'keys whose absence would be wrong are refused, of which Swarm only warns',
  aFile('cgroup_parent: x\nuserns_mode: keep-id\nuse_api_socket: true\nsecurity_opt: ["seccomp:p.json"]'),
  notDeployed(
    'compose.yaml:4:5 services.a.cgroup_parent: all tasks live below the cgroup `setpoint`, where they are limited, measured and cleared up: cgroup_parent; …',
    'compose.yaml:5:18 services.a.userns_mode: must be host, or auto for users of its own, not "keep-id"',
    'compose.yaml:6:5 services.a.use_api_socket: there is no Docker daemon: use_api_socket; …',
    'compose.yaml:7:20 services.a.security_opt[0]: the repository has no seccomp profile p.json; commit it, or write the absolute path of a profile that is on the hosts',
  ),
)
behaviour(
  119,
  'those that Swarm refuses and Setpoint honours do what they say',
  aFile(
    'mem_limit: 1g\nrestart: "no"\ncontainer_name: till\nlinks: [b]\nextends: b',
    '  b: {image: b, read_only: true}',
  ),
  service({
    dependsOn: [{ service: 'b', condition: 'started' }],
    container: {
      readOnly: true,
      resources: { memory: 1 << 30 },
      restart: { condition: 'none' },
      networks: [{ network: 'shop_default', aliases: ['a', 'till'] }],
    },
  }),
)
behaviour(
  119,
  'volumes_from, which docker stack refuses, takes over what the other names',
  aFile('volumes_from: ["b:ro"]', '  b: {image: b, volumes: ["/srv:/srv"]}'),
  service({
    dependsOn: [{ service: 'b', condition: 'started' }],
    container: {
      mounts: [{ type: 'bind', source: '/srv', target: '/srv', readOnly: true, createHostPath: true }],
    },
  }),
)

const STACK = aFile(
  'user: app\nports: ["1:1", "2:2"]\nvolumes: ["u:/u", "v:/v"]\nnetworks: [x, y]\nenvironment: [A=1, B=2]',
  'networks: {x: {}, y: {}}\nvolumes: {u: {}, v: {}}',
)
const unchanged = service({ fingerprint: specOf(`name: shop\n${STACK}`).services[0]?.fingerprint })
behaviour(120, 'a stack that is deployed again replaces nothing', `${STACK}\n# no change`, unchanged)
behaviour(
  120,
  'nor does the order of ports, mounts, networks and variables',
  aFile(
    'environment: {B: 2, A: 1}\nnetworks: {y: , x: }\nvolumes: ["v:/v", "u:/u"]\nports: ["2:2", "1:1"]\nuser: app',
    'volumes: {v: {}, u: {}}\nnetworks: {y: {}, x: {}}',
  ),
  unchanged,
)

test('120 another image replaces the tasks of its service alone', () => {
  const prints = (tag: string) =>
    specOf(`services: {a: {image: "till:${tag}"}, b: {image: db}}`).services.map(
      ({ fingerprint }) => fingerprint,
    )
  const [[a1, b1], [a2, b2]] = [prints('1'), prints('2')]
  expect(a2).not.toBe(a1)
  expect(b2).toBe(b1)
})

test('120 a service that is no longer in the file is no longer wanted, not only with --prune as in Swarm', () => {
  const load = createLoader()
  const servicesOf = (compose: string) =>
    load(aTree({ 'shop/compose.yaml': compose }), { variables: {}, directory: '' }).stacks.map(({ spec }) =>
      spec?.services.map(({ name }) => name),
    )
  expect(servicesOf('services: {a: {image: till}, b: {image: db}}')).toEqual([['a', 'b']])
  expect(servicesOf('services: {a: {image: till}}')).toEqual([['a']])
})
