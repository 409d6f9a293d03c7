import { TEST_IMAGE } from '../support/host-images.ts'
import { WRITER } from './writer.ts'

export const WEB = `services:
  app:
    image: ${TEST_IMAGE}
    ports: ["8080:8080"]
    volumes: ["data:/data"]
    logging: {driver: journald}
    x-setpoint: {healthcheck: {http: {port: 8080}, interval: 10s}}
    deploy: {replicas: 2, resources: {limits: {memory: 32M, cpus: "0.5", pids: 50}}}
  users:
    image: ${TEST_IMAGE}
    userns_mode: auto
    volumes: ["data:/data"]
    tmpfs: [/scratch]
    configs: [{source: settings, target: /etc/settings}]
    x-setpoint: {healthcheck: {http: {port: 8080}, interval: 10s}}
    deploy: {resources: {limits: {memory: 32M}}}
volumes: {data: {}}
configs: {settings: {content: "on"}}
`

export const HUNGRY = `services:
  eats:
    image: ${TEST_IMAGE}
    command: [sh, -c, 'echo hungry; x=xxxxxxxxxxxxxxxx; while :; do x=$$x$$x; done']
    restart: "no"
    mem_limit: 16m
`

/** What takes modules that not every kernel has. */
export const LAN = `services:
  one:
    hostname: one
    image: ${TEST_IMAGE}
    volumes: ["share:/share"]
    networks: {flat: {ipv4_address: 192.0.2.11}, routed: {ipv4_address: 198.51.100.11}}
  two:
    hostname: two
    image: ${TEST_IMAGE}
    command: [sh, -c, ${JSON.stringify(WRITER.replaceAll('$', '$$$$'))}]
    tmpfs: [/asked]
    devices: [/dev/ttyS0]
    volumes: ["share:/share", "data:/data"]
    networks: {flat: {ipv4_address: 192.0.2.12}, routed: {ipv4_address: 198.51.100.12}}
volumes:
  data: {}
  share: {driver_opts: {type: nfs, device: ":/share", o: "addr=127.0.0.1,nfsvers=4.2"}}
networks:
  flat:
    driver: ipvlan
    driver_opts: {parent: lan0}
    ipam: {config: [{subnet: 192.0.2.0/24}]}
  routed:
    driver: ipvlan
    driver_opts: {parent: lan1, ipvlan_mode: l3}
    ipam: {config: [{subnet: 198.51.100.0/24}]}
`

/** A task with something of each kind that a host keeps: its own programs are in a volume that the image has filled. */
export const LATE = {
  'late/compose.yaml': `services:
  app:
    image: ${TEST_IMAGE}
    command: [sh, -c, cat /etc/settings /run/secrets/token && exec serve]
    volumes: ["programs:/bin"]
    configs: [{source: settings, target: /etc/settings}]
    secrets: [token]
volumes: {programs: {}}
configs: {settings: {file: ./settings}}
secrets: {token: {file: ./token}}
`,
  'late/settings': 'on\n',
  'late/token': 'tell nobody\n',
}
