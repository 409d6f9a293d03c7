import fc from 'fast-check'
import { expect, test } from 'vitest'
import { load } from '../../../controller/desired/load.ts'
import { aTree } from '../../unit/desired/support.ts'
import { cuts, patched } from './pieces.ts'
import { runs } from './runs.ts'
import { expectSound, ROOT, type Tree } from './sound.ts'

const COMPOSE = `name: shop
x-setpoint: {drift: heal, variables: {TAG: "1"}}
x-common: &common
  restart: on-failure:3
  labels: [a=b]
services:
  web:
    <<: *common
    image: nginx:\${TAG:-2}
    command: sh -c "echo 'a b' $$HOME"
    environment: {A: 1, B: yes, C: , D: "\${TAG}"}
    ports: ["8080:80", "127.0.0.1:9000-9001:9000-9001/udp", {target: 81, published: "8081"}]
    depends_on: {db: {condition: service_healthy}}
    healthcheck: {test: [CMD, curl, -f, localhost], interval: 10s, retries: 3}
    volumes: [data:/data:ro, "/etc/x:/x", {type: tmpfs, target: /t, tmpfs: {size: 10m}}]
    networks: {default: , back: {aliases: [w]}}
    deploy:
      replicas: 3
      resources: {limits: {cpus: '0.5', memory: 64M}}
      update_config: {order: start-first, max_failure_ratio: 0.5}
  db:
    image: app
    networks: [back]
    cap_drop: [ALL]
    stop_grace_period: 1m30s
volumes: {data: }
networks: {back: {internal: true, ipam: {config: [{subnet: 10.9.0.0/24}]}}}
`
const IMAGE =
  'base: scratch\npackages: [a]\nfiles: {/a: {source: ../x, mode: 0755}}\nrun: [a]\nconfig: {env: [A=1]}\n'
const DOTENV = 'A=1\nexport B="x $A"\n# c\nC=\'y\'\n'

const files = (compose: string, image = IMAGE, dotenv = DOTENV): Tree => ({
  [ROOT]: compose,
  'web/.env': dotenv,
  'images/app.image.yaml': image,
  x: 'content',
})

test('the files that the edits start from are accepted', () => {
  const { stacks, problems } = load(aTree(files(COMPOSE)), { variables: { HOME: '/root' }, directory: '' })
  expect(problems).toEqual([])
  expect(stacks[0]?.spec?.services).toHaveLength(2)
})

test('whatever is done to a stack file, the answer is a spec or problems', () => {
  fc.assert(
    fc.property(cuts, (cuts) => expectSound(files(patched(COMPOSE, cuts)))),
    runs(250),
  )
})

test('whatever is done to an image spec or an .env, the answer is a spec or problems', () => {
  fc.assert(
    fc.property(cuts, cuts, (image, dotenv) =>
      expectSound(files(COMPOSE, patched(IMAGE, image), patched(DOTENV, dotenv))),
    ),
    runs(150),
  )
})
