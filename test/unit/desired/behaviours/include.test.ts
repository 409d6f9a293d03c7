import { behaviour, refused } from './support.ts'

const bind = (source: string, target: string) => ({
  type: 'bind',
  source,
  target,
  bind: { create_host_path: true },
})

const LIBRARY = `
services: {db: {image: "db:$TAG", volumes: ["./init:/init"], env_file: v.env}}
networks: {back: {}}
volumes: {data: {}}
secrets: {key: {file: key.txt}}
configs: {settings: {file: ./db.ini}}
`
const USER = `
include: [lib/compose.yaml]
services:
  a: {image: "till:\${TAG-none}", depends_on: [db], networks: [back], volumes: ["data:/data"], secrets: [key], configs: [settings]}
`
const FILES = {
  'compose.yaml': USER,
  'lib/compose.yaml': LIBRARY,
  'lib/.env': 'TAG=9',
  'lib/v.env': 'FROM=lib',
}

behaviour(
  80,
  'the services of what is included join, with paths and .env of their own folder',
  { files: FILES },
  {
    services: {
      a: { image: 'till:none', depends_on: { db: { condition: 'service_started', required: true } } },
      db: { image: 'db:9', environment: { FROM: 'lib' }, volumes: [bind('/srv/shop/lib/init', '/init')] },
    },
  },
)
behaviour(
  80,
  'so do its networks, volumes, secrets and configs, as of this project',
  { files: FILES },
  {
    networks: { back: { name: 'shop_back', ipam: {} } },
    volumes: { data: { name: 'shop_data' } },
    secrets: { key: { name: 'shop_key', file: '/srv/shop/lib/key.txt' } },
    configs: { settings: { name: 'shop_settings', file: '/srv/shop/lib/db.ini' } },
  },
)

const LONG =
  'include: [{path: [lib/compose.yaml, lib/more.yaml], project_directory: stage, env_file: stage.env}]\n'
const STAGED = {
  'compose.yaml': `${LONG}services: {a: {image: "till:\${TAG-none}"}}`,
  'lib/compose.yaml': 'services: {db: {image: "db:$TAG-$REGION", user: app, build: .}}',
  'lib/more.yaml': 'services: {db: {user: web, cap_add: [KILL]}}',
  'stage.env': 'TAG=9\nREGION=inner',
  'stage/.env': 'TAG=of the folder',
}
behaviour(
  81,
  'the files of a path are merged in their order',
  { files: STAGED },
  { services: { db: { user: 'web', cap_add: ['KILL'] } } },
)
behaviour(
  81,
  'project_directory is where their paths start',
  { files: STAGED },
  { services: { db: { build: { context: '/srv/shop/stage', dockerfile: 'Dockerfile' } } } },
)
behaviour(
  81,
  'env_file takes the place of .env, and is seen inside alone',
  { files: STAGED },
  { services: { db: { image: 'db:9-inner' }, a: { image: 'till:none' } } },
)
behaviour(
  81,
  'the variables outside win over it',
  { files: STAGED, env: { REGION: 'outer' } },
  { services: { db: { image: 'db:9-outer' }, a: { image: 'till:none' } } },
)
behaviour(
  81,
  'a project_directory that is not there yet is taken at its word; that Compose then takes the folder above is a bug',
  {
    files: {
      'compose.yaml': 'include: [{path: lib.yaml, project_directory: not/yet}]',
      'lib.yaml': 'services: {db: {build: .}}',
    },
  },
  { services: { db: { build: { context: '/srv/shop/not/yet', dockerfile: 'Dockerfile' } } } },
)

behaviour(
  82,
  'files that include each other are told of as a chain',
  {
    files: {
      'compose.yaml': 'include: [a.yaml]',
      'a.yaml': 'include: [b.yaml]',
      'b.yaml': 'include: [compose.yaml]',
    },
  },
  refused(
    'b.yaml:1:11 include[0].path[0]: circular include: compose.yaml includes a.yaml includes b.yaml includes compose.yaml',
  ),
)
behaviour(
  82,
  'include is a list',
  'include: lib.yaml',
  refused('compose.yaml:1:10 include: must be a list of paths, not "lib.yaml"'),
)

const DB = 'services: {db: {image: db, command: theirs, environment: {A: 1, B: 1}}}'
behaviour(
  83,
  'what stands here goes over what is included',
  {
    files: {
      'compose.yaml': 'include: [lib.yaml]\nservices: {db: {command: ours, environment: [B=2]}}',
      'lib.yaml': DB,
    },
  },
  { services: { db: { image: 'db', command: ['ours'], environment: { A: '1', B: '2' } } } },
)
behaviour(
  83,
  'so does what stands in a later file',
  {
    files: {
      'compose.yaml': 'include: [lib.yaml]',
      'compose.override.yaml': 'services: {db: {command: ours}}',
      'lib.yaml': DB,
    },
  },
  { services: { db: { image: 'db', command: ['ours'], environment: { A: '1', B: '1' } } } },
)
behaviour(
  83,
  'one definition that comes in two ways is one',
  {
    files: {
      'compose.yaml': 'include: [one.yaml, two.yaml]',
      'one.yaml': 'include: [lib.yaml]',
      'two.yaml': 'include: [lib.yaml]',
      'lib.yaml': 'services: {db: {image: db, cap_add: [KILL], command: [x]}}',
    },
  },
  { services: { db: { image: 'db', cap_add: ['KILL'], command: ['x'] } } },
)
behaviour(
  83,
  'so are two that say the same',
  { files: { 'compose.yaml': 'include: [one.yaml, two.yaml]', 'one.yaml': DB, 'two.yaml': DB } },
  { services: { db: { image: 'db', command: ['theirs'], environment: { A: '1', B: '1' } } } },
)
behaviour(
  83,
  'of two that differ the first is merged over the next',
  {
    files: {
      'compose.yaml': 'include: [one.yaml, two.yaml]',
      'one.yaml': 'services: {db: {image: one}}',
      'two.yaml': 'services: {db: {image: two, user: app}}',
    },
  },
  { services: { db: { image: 'one', user: 'app' } } },
)
