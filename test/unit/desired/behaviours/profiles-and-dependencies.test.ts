import { a, aFile, behaviour, deployed, refused } from './support.ts'

const PROFILES =
  'services:\n  a: {image: till}\n  shell: {image: sh, profiles: [debug]}\n  load: {image: load, profiles: [bench, debug]}'
const [shell, load] = [{ image: 'sh' }, { image: 'load' }]
const NONE = { services: { a: { image: 'till' }, shell: undefined, load: undefined } }
behaviour(84, 'a service with profiles is there when one of them is active', PROFILES, NONE)
behaviour(
  84,
  'by --profile',
  { files: PROFILES, flags: { profile: ['bench'] } },
  { services: { a: { image: 'till' }, shell: undefined, load } },
)
behaviour(
  84,
  'by COMPOSE_PROFILES',
  { files: PROFILES, env: { COMPOSE_PROFILES: 'debug, other' } },
  { services: { a: { image: 'till' }, shell, load } },
)
behaviour(
  84,
  'by COMPOSE_PROFILES in .env, where --profile wins over it',
  { files: { 'compose.yaml': PROFILES, '.env': 'COMPOSE_PROFILES=debug' }, flags: { profile: ['bench'] } },
  { services: { shell: undefined, load } },
)
behaviour(
  84,
  'all by *',
  { files: PROFILES, env: { COMPOSE_PROFILES: '*' } },
  { services: { a: { image: 'till' }, shell, load } },
)
behaviour(
  84,
  'where a stack is deployed too, by the variable of its settings, not refused as by Swarm',
  { files: PROFILES, env: { COMPOSE_PROFILES: 'bench' } },
  deployed({ services: { a: { replicas: 1 }, shell: undefined, load: { replicas: 1 } } }),
)

const SHELL = '  shell: {image: sh, profiles: [debug]}'
behaviour(
  85,
  'a service that no profile enables is missed by who needs it',
  aFile('depends_on: [shell]', SHELL),
  refused(
    'compose.yaml:4:18 services.a.depends_on.shell: service a depends on shell, which no active profile enables; activate debug, or set required: false',
  ),
)
behaviour(
  85,
  'it is not where it is not required, and is left out',
  aFile('depends_on: {shell: {condition: service_started, required: false}}', SHELL),
  a({ depends_on: undefined }),
)
behaviour(
  85,
  'it is not where its profile is active',
  { files: aFile('depends_on: [shell]', SHELL), env: { COMPOSE_PROFILES: 'debug' } },
  a({ depends_on: { shell: { condition: 'service_started', required: true } } }),
)

const DB = '  db: {image: db}'
const started = { condition: 'service_started', required: true }
behaviour(
  86,
  'a name under depends_on waits until that service has started',
  aFile('depends_on: [db]', DB),
  a({ depends_on: { db: started } }),
)
behaviour(
  86,
  'the long form has three conditions, and restarts only when told to',
  aFile(
    'depends_on:\n  one: {condition: service_started, restart: false}\n  two: {condition: service_healthy, restart: true}\n  three: {condition: service_completed_successfully}',
    '  one: {image: x}\n  two: {image: x}\n  three: {image: x}',
  ),
  a({
    depends_on: {
      one: started,
      two: { condition: 'service_healthy', restart: true, required: true },
      three: { condition: 'service_completed_successfully', required: true },
    },
  }),
)
behaviour(
  86,
  'without a condition it is that it has started, where Compose asks for one',
  aFile('depends_on: {db: {required: false}}', DB),
  a({ depends_on: { db: { ...started, required: false } } }),
)
behaviour(
  86,
  'another condition is told of',
  aFile('depends_on: {db: {condition: service_helthy}}', DB),
  refused(
    'compose.yaml:4:34 services.a.depends_on.db.condition: must be service_started, service_healthy or service_completed_successfully, not "service_helthy"; did you mean service_healthy?',
  ),
)

behaviour(
  87,
  'depends_on as a mapping orders a stack, not refused as by Swarm',
  aFile('depends_on: {db: {condition: service_healthy}}', DB),
  deployed({ services: { a: { dependsOn: [{ service: 'db', condition: 'healthy' }] } } }),
)
behaviour(
  87,
  'as a list it orders it too, not without effect as in Swarm',
  aFile('depends_on: [db]', DB),
  deployed({ services: { a: { dependsOn: [{ service: 'db', condition: 'started' }] } } }),
)

behaviour(
  88,
  'dependencies that go round are told of as a chain',
  'services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [c]}\n  c: {image: x, depends_on: [a]}',
  refused(
    'compose.yaml:4:30 services.c.depends_on.a: the dependencies go round in a circle: a -> b -> c -> a',
  ),
)
behaviour(
  88,
  'so is a service that waits for itself',
  aFile('depends_on: [a]'),
  refused('compose.yaml:4:18 services.a.depends_on.a: the dependencies go round in a circle: a -> a'),
)
behaviour(
  88,
  'so is a circle that a link closes',
  aFile('links: [db]', '  db: {image: db, depends_on: [a]}'),
  refused('compose.yaml:5:32 services.db.depends_on.a: the dependencies go round in a circle: a -> db -> a'),
)

const implied = { condition: 'service_started', restart: true, required: true }
behaviour(
  89,
  'a link is a dependency, and restarts with the other',
  aFile('links: ["db:store"]', DB),
  a({ depends_on: { db: implied } }),
)
behaviour(
  89,
  'so is the network of another service',
  aFile('network_mode: "service:db"', DB),
  a({ depends_on: { db: implied } }),
)
behaviour(89, 'so is its ipc namespace', aFile('ipc: "service:db"', DB), a({ depends_on: { db: implied } }))
behaviour(89, 'so is its pid namespace', aFile('pid: "service:db"', DB), a({ depends_on: { db: implied } }))
behaviour(89, 'so is its uts namespace', aFile('uts: "service:db"', DB), a({ depends_on: { db: implied } }))
behaviour(
  89,
  'the cgroup of another service is in no schema',
  aFile('cgroup: "service:db"', DB),
  refused('compose.yaml:4:13 services.a.cgroup: must be host or private, not "service:db"'),
)
behaviour(
  89,
  'so are the volumes of another service, without a restart',
  aFile('volumes_from: ["db:ro"]', DB),
  a({ depends_on: { db: started } }),
)
behaviour(
  89,
  'those of a container of elsewhere are none',
  aFile('volumes_from: ["container:db"]'),
  a({ depends_on: undefined }),
)
behaviour(
  89,
  'what depends_on says wins',
  aFile('links: [db]\ndepends_on: {db: {condition: service_healthy}}', DB),
  a({ depends_on: { db: { condition: 'service_healthy', required: true } } }),
)

behaviour(
  90,
  'whatever is named and not declared is told of, all at once',
  aFile('networks: [front]\nvolumes: ["data:/data"]\nsecrets: [key]\nconfigs: [settings]\ndepends_on: [db]'),
  refused(
    'compose.yaml:4:16 services.a.networks.front: names the network front, which is not declared',
    'compose.yaml:5:15 services.a.volumes[0]: names the volume data, which is not declared',
    'compose.yaml:6:15 services.a.secrets[0]: names the secret key, which is not declared',
    'compose.yaml:7:15 services.a.configs[0]: names the config settings, which is not declared',
    'compose.yaml:8:18 services.a.depends_on.db: names the service db, which is not declared; there is a',
  ),
)
behaviour(
  90,
  'with the name that is near',
  aFile('networks: [fornt]', 'networks: {front: {}, back: {}}'),
  refused(
    'compose.yaml:4:16 services.a.networks.fornt: names the network fornt, which is not declared; did you mean front?',
  ),
)
behaviour(90, 'the default network needs no declaration', aFile('networks: [default]'), {
  networks: { default: { name: 'shop_default', ipam: {} } },
})
