import { accepted, behaviour, refused } from './support.ts'

const LOCAL = 'services:\n  base: {image: till, command: [serve], environment: [A=1, B=1], cap_add: [KILL]}\n'
const base = { image: 'till', command: ['serve'], environment: { A: '1', B: '1' }, cap_add: ['KILL'] }

behaviour(
  74,
  'a name takes over the service of that name in the file, which stays',
  `${LOCAL}  a: {extends: base}`,
  { services: { a: base, base } },
)
behaviour(
  74,
  'service in a mapping does, and what stands here goes over it by the rules of merging',
  `${LOCAL}  a: {extends: {service: base}, command: once, environment: {B: 2}, cap_add: [CHOWN]}`,
  {
    services: {
      a: { image: 'till', command: ['once'], environment: { A: '1', B: '2' }, cap_add: ['KILL', 'CHOWN'] },
    },
  },
)
behaviour(
  74,
  'what is extended may extend in turn',
  `${LOCAL}  a: {extends: middle}\n  middle: {extends: base, image: own}`,
  { services: { a: { ...base, image: 'own' } } },
)

const bind = (source: string, target: string) => ({
  type: 'bind',
  source,
  target,
  bind: { create_host_path: true },
})
behaviour(
  75,
  'paths of a service of another file start at the folder of that file',
  {
    files: {
      'compose.yaml':
        'services: {a: {extends: {file: lib/base.yaml, service: base}, volumes: ["./own:/own"]}}',
      'lib/base.yaml':
        'services: {base: {build: ./src, env_file: v.env, volumes: ["./data:/data", "../up:/up"]}}',
      'lib/v.env': 'FROM=lib',
      'v.env': 'FROM=here',
    },
  },
  {
    services: {
      a: {
        build: { context: '/srv/shop/lib/src', dockerfile: 'Dockerfile' },
        environment: { FROM: 'lib' },
        volumes: [
          bind('/srv/shop/lib/data', '/data'),
          bind('/srv/shop/up', '/up'),
          bind('/srv/shop/own', '/own'),
        ],
      },
    },
  },
)
behaviour(
  75,
  'and so do those of what that extends, from its own folder',
  {
    files: {
      'compose.yaml': 'services: {a: {extends: {file: lib/base.yaml, service: base}}}',
      'lib/base.yaml': 'services: {base: {extends: {file: deep/root.yaml, service: root}}}',
      'lib/deep/root.yaml': 'services: {root: {build: .}}',
    },
  },
  { services: { a: { build: { context: '/srv/shop/lib/deep', dockerfile: 'Dockerfile' } } } },
)

behaviour(
  76,
  'services that extend each other are told of as a chain',
  'services:\n  a: {extends: b}\n  b: {extends: c}\n  c: {extends: a}',
  refused('compose.yaml:4:16 services.c.extends: circular reference: a extends b extends c extends a'),
)
behaviour(
  76,
  'also across files',
  {
    files: {
      'compose.yaml': 'services: {a: {extends: {file: b.yaml, service: b}}}',
      'b.yaml': 'services: {b: {extends: {file: compose.yaml, service: a}}}',
    },
  },
  refused(
    'b.yaml:1:25 services.b.extends: circular reference: a in compose.yaml extends b in b.yaml extends a in compose.yaml',
  ),
)
behaviour(
  76,
  'a service that extends itself is one',
  'services: {a: {extends: a}}',
  refused('compose.yaml:1:25 services.a.extends: circular reference: a extends a'),
)

behaviour(
  77,
  'a base that is not there is told of, with the one that is near',
  'services:\n  a: {extends: bse}\n  base: {image: till}',
  refused(
    'compose.yaml:2:16 services.a.extends.service: there is no service bse in compose.yaml; did you mean base?',
  ),
)
behaviour(
  77,
  'a base that is not in the file named is told of with that file',
  {
    files: {
      'compose.yaml': 'services: {a: {extends: {file: lib.yaml, service: gone}}}',
      'lib.yaml': 'services: {other: {image: till}}',
    },
  },
  refused('compose.yaml:1:51 services.a.extends.service: there is no service gone in lib.yaml'),
)
behaviour(
  77,
  'service is needed beside file',
  'services: {a: {extends: {file: lib.yaml}}}',
  refused('compose.yaml:1:25 services.a.extends: needs the name of the service to extend: service'),
)
behaviour(
  77,
  'a file that is not there is told of',
  'services: {a: {extends: {file: gone.yaml, service: b}}}',
  refused('compose.yaml:1:32 services.a.extends.file: there is no file gone.yaml'),
)

/** A service of a library that needs another one of it, and a project that extends the one. */
const needing = (lines: string, more = '') => ({
  files: {
    'compose.yaml': `services: {a: {extends: {file: lib.yaml, service: base}}${more}}`,
    'lib.yaml': `services:\n  base: {image: till, ${lines}}\n  zot: {image: zot}`,
  },
})
const MISSING = 'names the service zot, which is not declared; there is a'
behaviour(
  78,
  'a service that the base depends on must be here too',
  needing('depends_on: [zot]'),
  refused(`lib.yaml:2:36 services.a.depends_on.zot: ${MISSING}`),
)
behaviour(
  78,
  'so must one that it links',
  needing('links: ["zot:other"]'),
  refused(`lib.yaml:2:31 services.a.links[0]: ${MISSING}`),
)
behaviour(
  78,
  'so must one whose volumes it takes',
  needing('volumes_from: [zot]'),
  refused(`lib.yaml:2:38 services.a.volumes_from[0]: ${MISSING}`),
)
behaviour(
  78,
  'so must one whose network it joins',
  needing('network_mode: "service:zot"'),
  refused(`lib.yaml:2:37 services.a.network_mode: ${MISSING}`),
)
behaviour(
  78,
  'where there is one of that name here it is the one',
  needing('depends_on: [zot]', ', zot: {image: own}'),
  {
    services: {
      a: { depends_on: { zot: { condition: 'service_started', required: true } } },
      zot: { image: 'own' },
    },
  },
)

const PORTS = 'base: {image: till, ports: ["80:80"], environment: {A: 1}}'
const ports = [{ mode: 'ingress', target: 80, published: '80', protocol: 'tcp' }]
behaviour(
  79,
  '!reset and !override of the service that extends work on what it takes over',
  `services:\n  a: {extends: base, ports: !reset [], environment: !override {B: 2}}\n  ${PORTS}`,
  {
    services: {
      a: { image: 'till', ports: undefined, environment: { B: '2' } },
      base: { ports, environment: { A: '1' } },
    },
  },
)
behaviour(
  79,
  'also two levels up',
  `services:\n  a: {extends: middle, ports: !reset [], environment: !override {B: 2}}\n  middle: {extends: base, user: app}\n  ${PORTS}`,
  { services: { a: { user: 'app', ports: undefined, environment: { B: '2' } }, middle: { ports } } },
)
behaviour(
  79,
  'those in the middle reach down, and are not undone above',
  `services:\n  a: {extends: middle, environment: {C: 3}}\n  middle: {extends: base, ports: !reset [], environment: !override {B: 2}}\n  ${PORTS}`,
  accepted({ services: { a: { ports: undefined, environment: { B: '2', C: '3' } } } }),
)
