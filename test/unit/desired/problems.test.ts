import { describe, expect, test } from 'vitest'
import { aService, problemsOf } from './support.ts'

const FILE = 'web/compose.yaml'
const L = 'not honoured yet'

/** Each line: what stands under service `a` from line 4 on → the problems, without the file's name. */
describe('a service', () => {
  test.each<[string, ...string[]]>([
    ['stop_grace_period: 1752000h', '4:24 services.a.stop_grace_period: is longer than 100 years'],
    [
      'healthcheck: {test: x, timeout: 1ns}',
      '4:37 services.a.healthcheck.timeout: must be 1ms or more, or 0 for the default, not "1ns"',
    ],
    [
      'healthcheck: {test: NONE}',
      'notice 4:25 services.a.healthcheck.test: is a line for a shell; did you mean [NONE], for no check?',
    ],
    [
      'group_add: [-1]',
      '4:17 services.a.group_add[0]: "-1" is no group: one name or number, as in video or 44',
    ],
    [
      'logging: {options: {max-size: 1b}}',
      '4:35 services.a.logging.options.max-size: must be a size of 1k or more, as in 10m; a log always has a limit, not "1b"',
    ],
    // unknown and misplaced keys
    ['imgae: x', '4:5 services.a.imgae: unknown key; did you mean image?'],
    ['network-mode: host', '4:5 services.a.network-mode: unknown key; did you mean network_mode?'],
    ['replicas: 2', '4:5 services.a.replicas: unknown key here; it belongs under deploy'],
    ['helicopters: 2', '4:5 services.a.helicopters: unknown key'],
    ['deploy: {replicsa: 2}', '4:14 services.a.deploy.replicsa: unknown key; did you mean replicas?'],
    [
      'healthcheck: {test: x, intervall: 2s}',
      '4:28 services.a.healthcheck.intervall: unknown key; did you mean interval?',
    ],
    ['env: {A: b}', '4:5 services.a.env: unknown key; did you mean environment?'],
    ['cmd: x', '4:5 services.a.cmd: unknown key; did you mean command?'],
    ['workdir: /', '4:5 services.a.workdir: unknown key; did you mean working_dir?'],
    ['working_directory: /', '4:5 services.a.working_directory: unknown key; did you mean working_dir?'],
    ['memory: 1g', '4:5 services.a.memory: unknown key; did you mean mem_limit?'],
    ['net: host', '4:5 services.a.net: unknown key; did you mean networks?'],
    ['pid_mode: host', '4:5 services.a.pid_mode: unknown key; did you mean pid?'],
    ['ipc_mode: host', '4:5 services.a.ipc_mode: unknown key; did you mean ipc?'],
    ['shm: 1g', '4:5 services.a.shm: unknown key; did you mean shm_size?'],
    ['logs: {}', '4:5 services.a.logs: unknown key; did you mean logging?'],
    [
      'healthcheck: {test: x, retry: 2}',
      '4:28 services.a.healthcheck.retry: unknown key; did you mean retries?',
    ],
    ['limits: {}', '4:5 services.a.limits: unknown key here; it belongs under deploy.resources'],
    ['reservations: {}', '4:5 services.a.reservations: unknown key here; it belongs under deploy.resources'],
    [
      'deploy: {resources: {memory: 1g}}',
      '4:26 services.a.deploy.resources.memory: unknown key here; it belongs under deploy.resources.limits',
    ],
    [
      'deploy: {constraints: []}',
      '4:14 services.a.deploy.constraints: unknown key here; it belongs under deploy.placement',
    ],
    ['dockerfile: x', '4:5 services.a.dockerfile: unknown key here; it belongs under build'],
    ['context: .', '4:5 services.a.context: unknown key here; it belongs under build'],
    ['args: {}', '4:5 services.a.args: unknown key here; it belongs under build'],
    ['target: x', '4:5 services.a.target: unknown key here; it belongs under build'],
    ['healthcheck: {test: x, args: []}', '4:28 services.a.healthcheck.args: unknown key'],
    ['network_name: x', '4:5 services.a.network_name: unknown key'],
    ['detach: true', '4:5 services.a.detach: unknown key'],
    ['x-anything: {goes: here}'],
    ['constructor: 1', '4:5 services.a.constructor: unknown key'],
    // not honoured yet
    [
      'cgroup_parent: x',
      '4:5 services.a.cgroup_parent: all tasks live below the cgroup `setpoint`, where they are limited, measured and cleared up: cgroup_parent; limit the service with deploy.resources',
    ],
    ['privileged: false'],
    [
      'env_file: .env',
      '4:15 services.a.env_file[0].path: env file web/.env not found; add it, correct the path, or write required: false beside it if it may be missing',
    ],
    [
      'build: .',
      'notice 4:5 services.a.build: accepted without effect: images are built from image specs; the image that `image` names is pulled',
    ],
    [
      'network_mode: container:db',
      '4:19 services.a.network_mode: not honoured: "container:db"; write service:NAME for the service of this file that runs it',
    ],
    [
      'profiles: [debug]',
      '1:1 has no service that runs (a profile enables it only when COMPOSE_PROFILES names that); to remove a stack, delete its file',
    ],
    ['profiles: []'],
    [
      'volumes: ["./conf:/conf"]',
      '4:15 services.a.volumes[0]: the repository has no web/conf; for data that the service writes declare a named volume, as in "data:/var/lib/data", or commit what is to be mounted',
    ],
    [
      'volumes: ["/data"]',
      'notice 4:15 services.a.volumes[0]: a volume without a name is removed with its task, as when the image changes; write "data:/data" and declare data under volumes to keep it',
    ],
    ['volumes: ["/a:/b:rslave"]'],
    [
      'volumes: [{type: bind, source: /a, target: /b, volume: {nocopy: true}, tmpfs: {size: 1m}}]',
      'notice 4:69 services.a.volumes[0].volume.nocopy: accepted without effect: it is for type volume, and this mount is of type bind',
      'notice 4:90 services.a.volumes[0].tmpfs.size: accepted without effect: it is for type tmpfs, and this mount is of type bind',
    ],
    [
      'volumes: [{type: tmpfs, source: /a, target: /b, bind: {create_host_path: true}}]',
      'notice 4:37 services.a.volumes[0].source: accepted without effect: a tmpfs begins empty',
      'notice 4:78 services.a.volumes[0].bind.create_host_path: accepted without effect: it is for type bind, and this mount is of type tmpfs',
    ],
    [
      'volumes: [{type: bind, source: /a, target: /b, bind: {propagation: slaves}}]',
      '4:72 services.a.volumes[0].bind.propagation: must be private, rprivate, shared, rshared, slave or rslave, not "slaves"; did you mean slave?',
    ],
    [
      'volumes: [{type: volume, source: data, target: /b, volume: {subpath: ../x}}, {type: volume, target: /c, volume: {subpath: x}}]',
      '4:15 services.a.volumes[0]: names the volume data, which is not declared',
      '4:74 services.a.volumes[0].volume.subpath: "../x" must be a path in the volume, as in "uploads/images"',
      '4:127 services.a.volumes[1].volume.subpath: a volume without a name is new and has no folders; name it',
    ],
    [
      'volumes: [{type: bind, source: /a, target: /b, bind: {recursive: readonly}}]',
      '4:70 services.a.volumes[0].bind.recursive: readonly is for a mount with read_only: true; set that, or remove it',
    ],
    [
      'volumes: [{type: bind, source: /a, target: /b, read_only: true, bind: {recursive: readonly, propagation: rslave}}]',
      '4:87 services.a.volumes[0].bind.recursive: readonly does not go with propagation rslave; take rprivate',
    ],
    [
      'tmpfs: ["/t:size=64m,user=1000", "/u:uid=me"]',
      '4:13 services.a.tmpfs[0]: user=1000 is no option of a tmpfs; take size, mode, uid, gid, nr_inodes, nr_blocks, ro, exec, suid, dev or noatime',
      '4:38 services.a.tmpfs[1]: uid=me is no option of a tmpfs; take size, mode, uid, gid, nr_inodes, nr_blocks, ro, exec, suid, dev or noatime',
    ],
    [
      'deploy: {mode: replicated-job}',
      `4:20 services.a.deploy.mode: ${L}: the mode replicated-job; write restart: on-failure on a replicated service`,
    ],
    [
      'deploy: {placement: {constraints: [node.role == manager]}}',
      `4:26 services.a.deploy.placement.constraints: ${L}: constraints; remove it while there is one host`,
    ],
    [
      'security_opt: ["seccomp:profile.json"]',
      '4:20 services.a.security_opt[0]: the repository has no seccomp profile web/profile.json; commit it, or write the absolute path of a profile that is on the hosts',
    ],
    ['pull_policy: build', `4:18 services.a.pull_policy: ${L}: build; take always, missing, never or daily`],
    ['pull_policy: every_30s', '4:18 services.a.pull_policy: every_30s is too often; take every_1m or more'],
    [
      'platform: windows/amd64',
      '4:15 services.a.platform: must be a platform of Linux, as in linux/amd64, not "windows/amd64"',
    ],
    [
      'platform: "linux/amd64,linux/arm64"',
      '4:15 services.a.platform: must be a platform of Linux, as in linux/amd64, not "linux/amd64,linux/arm64"',
    ],
    ['ports: ["80/sctp"]', `4:13 services.a.ports[0]: ${L}: the protocol sctp; publish tcp or udp`],
    [
      'links: ["db:other"]',
      '4:13 services.a.links[0]: names the service db, which is not declared; there is a',
      'notice 4:13 services.a.links[0]: every service that shares a network with db and this one finds it as other',
    ],
    // accepted without effect
    [
      'attach: false',
      'notice 4:5 services.a.attach: accepted without effect: it tells `docker compose up` whose log to show; see `setpoint logs`',
    ],
    ['init: false'],
    ['logging: {driver: json-file, options: {max-size: 10m, max-file: "3"}}'],
    ['logging: {driver: none}'],
    [
      'logging: {driver: fluentd}',
      '4:23 services.a.logging.driver: "fluentd" is no log driver here: use json-file, local, journald or none; a collector can read the journal or the log files',
    ],
    [
      'logging: {options: {max-size: -1}}',
      '4:35 services.a.logging.options.max-size: must be a size of 1k or more, as in 10m; a log always has a limit, not "-1"',
    ],
    [
      'logging: {options: {max-file: none}}',
      '4:35 services.a.logging.options.max-file: must be a number from 1 to 1000, not "none"',
    ],
    [
      'logging: {options: {tag: x}}',
      'notice 4:25 services.a.logging.options.tag: has no effect: log files are plain text with the time of each line',
    ],
    [
      'logging: {options: {maxsize: 1m}}',
      '4:34 services.a.logging.options.maxsize: is no option of a log driver here; did you mean max-size?',
    ],
    ['ports: ["80", "3000-3005", "80-82:8080"]'],
    [
      'command: a && b',
      'notice 4:14 services.a.command: no shell runs this, and & with all that follows is dropped; write ["/bin/sh", "-c", "…"] for a shell, or quote it',
    ],
    ['command: a "&&" b'],
    [
      'environment: [A]',
      'notice 4:19 services.a.environment.A: A has no value and no variable of that name is set; left out',
    ],
    [
      'environment: {A: "{{.Node.Hostname}}"}',
      'notice 4:22 services.a.environment.A: has a template of Swarm, which is passed on as it stands',
    ],
    // items are counted as they are written
    [
      'ports: ["x", "80-85:80-85", "[::]:99:99"]',
      '4:13 services.a.ports[0]: "x" is no port of the container; ports are from 1 to 65535, as in "8080:80"',
      'notice 4:33 services.a.ports[2]: published on every address of IPv4 too; IPv6 is where a network of the service has it',
    ],
    [
      'volumes: [a:/one, b:/one, c:/two]',
      '4:23 services.a.volumes[1]: names the volume b, which is not declared',
      '4:31 services.a.volumes[2]: names the volume c, which is not declared',
    ],
    [
      'cap_add: [1, NET_ADMIN, NET_ADMIN, NONE]',
      '4:15 services.a.cap_add[0]: must be a string, not the number 1; put it in quotes: "1"',
      '4:40 services.a.cap_add[3]: "NONE" is no capability',
    ],
    // what stands twice
    [
      'security_opt: ["no-new-privileges:true", "no-new-privileges:true"]',
      '4:46 services.a.security_opt[1]: "no-new-privileges:true" stands twice',
    ],
    // wrong types and values
    ['restart: false', '4:14 services.a.restart: must be a string, not the boolean false; write "no"'],
    ['restart: true', '4:14 services.a.restart: must be a string, not the boolean true; write always'],
    [
      'ports:\n  - 80:80\n    81:81',
      '5:9 services.a.ports[0]: "80:80 81:81" has a space; write each port as an item of its own',
    ],
    [
      'volumes: ["data/x:/y"]',
      '4:15 services.a.volumes[0]: "data/x" is no name of a volume; write ./data/x for a folder beside the file',
    ],
    [
      'environment: ["A\\0B"]',
      '4:19 services.a.environment.A\\x00B: "A\\u0000B" is no name of a variable: no space, no =',
    ],
    ['ports: 80', '4:12 services.a.ports: must be a list of ports, as in "8080:80", not the number 80'],
    [
      'ports: ["x:80"]',
      '4:13 services.a.ports[0]: "x" in "x:80" is no port of the host; ports are from 1 to 65535, as in "8080:80"',
    ],
    [
      'ports: ["80:99999"]',
      '4:13 services.a.ports[0]: "99999" in "80:99999" is no port of the container; ports are from 1 to 65535, as in "8080:80"',
    ],
    ['ports: ["1.2.3:80:80"]', '4:13 services.a.ports[0]: "1.2.3" in "1.2.3:80:80" is no IP address'],
    [
      'ports: ["1.2.3.08:80:80"]',
      '4:13 services.a.ports[0]: "1.2.3.08" in "1.2.3.08:80:80" is no IP address',
    ],
    [
      'ports: [{target: 80, published: 80, host_ip: 1.2.3.256}]',
      '4:50 services.a.ports[0].host_ip: must be an IP address, as in 127.0.0.1, not "1.2.3.256"',
    ],
    [
      'ports: ["[1.2.3.4]:80:80"]',
      '4:13 services.a.ports[0]: "[1.2.3.4]" in "[1.2.3.4]:80:80" is no IP address',
    ],
    ['ports: ["0.0.0.0:80:80", "255.1.20.199:81:81"]'],
    [
      'ports: ["[::1]:8099:8080"]',
      '4:13 services.a.ports[0]: the kernel leads nothing on from ::1; name 127.0.0.1, which is where localhost comes to as well',
    ],
    [
      'ports: ["::1:8099:8080"]',
      '4:13 services.a.ports[0]: the kernel leads nothing on from ::1; name 127.0.0.1, which is where localhost comes to as well',
    ],
    [
      'ports: [{target: 80, published: 80, host_ip: "fe80::1%eth0"}]',
      '4:50 services.a.ports[0].host_ip: must be an IP address, as in 127.0.0.1, not "fe80::1%eth0"',
    ],
    [
      'ports: ["[::]:80:80"]',
      'notice 4:13 services.a.ports[0]: published on every address of IPv4 too; IPv6 is where a network of the service has it',
    ],
    ['ports: ["1-1000:1-1000"]'],
    [
      'ports: ["20000-59999:20000-59999"]',
      '4:13 services.a.ports[0]: the stack publishes 40000 ports, at most 1000 are; publish only what is reached from outside the hosts',
    ],
    [
      'ports: ["80:80", "20000-20998:20000-20998", "81:81"]',
      '4:49 services.a.ports[2]: the stack publishes 1001 ports, at most 1000 are; publish only what is reached from outside the hosts',
    ],
    ['ports: ["80:80/sctp"]', `4:13 services.a.ports[0]: ${L}: the protocol sctp; publish tcp or udp`],
    ['ports: ["80-81:80-82"]', '4:13 services.a.ports[0]: the ranges 80-81 and 80-82 are not equally long'],
    ['ports: [{published: 80}]', '4:13 services.a.ports[0]: has no target'],
    [
      'ports: ["80:80", "80:81"]',
      '4:22 services.a.ports[1]: 80/tcp is already published by services.a.ports[0]',
    ],
    ['volumes: ["nope:/x"]', '4:15 services.a.volumes[0]: names the volume nope, which is not declared'],
    ['volumes: ["/a:b"]', '4:15 services.a.volumes[0].target: "b" must be an absolute path in the container'],
    ['volumes: ["/a:/b/../c"]'],
    [
      'volumes: ["/a:/"]',
      '4:15 services.a.volumes[0].target: a mount on / would hide the image; name a folder below it',
    ],
    [
      'volumes: ["/a:/x/../dev", {type: bind, source: /a, target: /sys/}]',
      '4:15 services.a.volumes[0].target: not honoured yet: a mount on /dev; of /dev, /proc and /sys only /dev/shm may be mounted',
      '4:64 services.a.volumes[1].target: not honoured yet: a mount on /sys; of /dev, /proc and /sys only /dev/shm may be mounted',
    ],
    [
      'volumes: ["/dev/log:/dev/log"]\ntmpfs: //proc/./1',
      '4:15 services.a.volumes[0].target: not honoured yet: a mount on /dev/log; of /dev, /proc and /sys only /dev/shm may be mounted',
      '5:12 services.a.tmpfs[0]: not honoured yet: a mount on /proc/1; of /dev, /proc and /sys only /dev/shm may be mounted',
    ],
    ['volumes: ["/proc:/host/proc:ro", "/dev/log:/devices"]\ntmpfs: /dev/shm:size=1g'],
    [
      'volumes: ["/a:/b:ro:x"]',
      '4:15 services.a.volumes[0]: "/a:/b:ro:x" has too many colons; write source, target and options',
    ],
    [
      'volumes: [":/b"]',
      '4:15 services.a.volumes[0]: ":/b" has an empty part between its colons, as where a variable is not set; write "data:/var/lib/data"',
    ],
    [
      'volumes: ["/a:/b:foo"]',
      'notice 4:15 services.a.volumes[0]: the option "foo" is unknown and has no effect; take ro or rw',
    ],
    [
      'volumes: ["../../etc:/b"]',
      '4:15 services.a.volumes[0]: ../etc leads out of the repository; write the absolute path on the host',
    ],
    ['volumes: ["/a/../etc:/b"]', '4:15 services.a.volumes[0]: /a/../etc must not contain ..'],
    [
      'volumes: [{type: bind, target: /t}]',
      '4:15 services.a.volumes[0]: a bind mount needs a source, the path on the host',
    ],
    [
      'tmpfs: /t\nvolumes: ["/a:/t"]',
      '5:15 services.a.volumes[0]: /t is already mounted by services.a.tmpfs[0]',
    ],
    [
      'environment: {A: [1]}',
      '4:22 services.a.environment.A: must be a string, a number or a boolean, not a list',
    ],
    [
      'environment: FOO=1',
      '4:18 services.a.environment: must be a mapping or a list of variables, as in "NAME=value", not "FOO=1"',
    ],
    [
      'environment: ["A = 1"]',
      '4:19 services.a.environment[0]: the name "A " ends in a space; write NAME=value',
    ],
    [
      'healthcheck: {test: [foo]}',
      '4:25 services.a.healthcheck.test: must start with "CMD" for a program, "CMD-SHELL" for a line of a shell, or "NONE" for no check',
    ],
    [
      'x-setpoint: {healthcheck: {interval: 5s}}',
      '4:31 services.a.x-setpoint.healthcheck: has none of http, tcp or grpc; name what is asked',
    ],
    [
      'x-setpoint: {healthcheck: {tcp: {port: 1}, http: {port: 2}}}',
      '4:31 services.a.x-setpoint.healthcheck: has both http and tcp; keep one',
    ],
    [
      'x-setpoint: {healthcheck: {http: {port: 0}}}',
      '4:45 services.a.x-setpoint.healthcheck.http.port: must be a whole number from 1 to 65535, not the number 0',
    ],
    [
      'x-setpoint: {healthcheck: {http: {path: /x}}}',
      '4:38 services.a.x-setpoint.healthcheck.http: has no port',
    ],
    [
      'x-setpoint: {healthcheck: {http: {port: 80, path: healthz, status: 600}}}',
      '4:55 services.a.x-setpoint.healthcheck.http.path: must be a path that begins with / and has no spaces, as in /healthz, not "healthz"',
      '4:72 services.a.x-setpoint.healthcheck.http.status: must be a status code or a range of them, as in 200 or "200-299", not the number 600',
    ],
    [
      'healthcheck: {test: x, interval: 5}',
      '4:38 services.a.healthcheck.interval: must be a duration with its unit, as in 30s or 1m30s, not the number 5',
    ],
    [
      'healthcheck: {test: x, retries: -1}',
      '4:37 services.a.healthcheck.retries: must be a whole number of 0 or more, not the number -1',
    ],
    [
      'healthcheck: {test: x, disable: true}',
      '4:18 services.a.healthcheck: has both a test and disable: true; keep one',
    ],
    [
      'restart: alway',
      '4:14 services.a.restart: must be "no", always, unless-stopped or on-failure[:attempts], not "alway"',
    ],
    ['deploy: {replicas: -1}', '4:24 services.a.deploy.replicas: must be 0 or more, not -1'],
    [
      'deploy: {replicas: 1.5}',
      '4:24 services.a.deploy.replicas: must be a whole number, not the number 1.5',
    ],
    ['deploy: {replicas: two}', '4:24 services.a.deploy.replicas: must be a whole number, not "two"'],
    ['deploy: {replicas: 1000}'],
    [
      'deploy: {replicas: 100000000}',
      '4:24 services.a.deploy.replicas: is 100000000, but a service has at most 1000 replicas; split it into several',
    ],
    [
      'scale: 1001',
      '4:12 services.a.scale: is 1001, but a service has at most 1000 replicas; split it into several',
    ],
    [
      'deploy: {mode: globl}',
      '4:20 services.a.deploy.mode: must be replicated or global, not "globl"; did you mean global?',
    ],
    [
      'deploy: {update_config: {order: start_first}}',
      '4:37 services.a.deploy.update_config.order: must be start-first or stop-first, not "start_first"; did you mean start-first?',
    ],
    [
      'deploy: {mode: global, replicas: 2}',
      '4:38 services.a.deploy.replicas: a global service has one task on each host; remove the number, or the mode',
    ],
    [
      'container_name: boss\nscale: 2',
      '4:21 services.a.container_name: is one name, but there are 2 replicas; remove it',
    ],
    ['scale: 2\ndeploy: {replicas: 3}', '4:12 services.a.scale: is 2, but deploy.replicas is 3; keep one'],
    [
      'mem_limit: 1g\ndeploy: {resources: {limits: {memory: 2g}}}',
      '4:16 services.a.mem_limit: is 1073741824, but deploy.resources.limits.memory is 2147483648; keep one',
    ],
    [
      'mem_limit: lots',
      '4:16 services.a.mem_limit: must be a size, as in 512m or 1gb, or -1 for no limit, not "lots"',
    ],
    [
      'mem_limit: 1constructor',
      '4:16 services.a.mem_limit: must be a size, as in 512m or 1gb, or -1 for no limit, not "1constructor"',
    ],
    ['cpus: -1', '4:11 services.a.cpus: must be a number from 0 to 1000000, not the number -1'],
    [
      'cap_add: [NET_ADMN]',
      '4:15 services.a.cap_add[0]: "NET_ADMN" is no capability; did you mean NET_ADMIN?',
    ],
    ['stop_signal: SIGTREM', '4:18 services.a.stop_signal: "SIGTREM" is no signal; did you mean SIGTERM?'],
    ['read_only: maybe', '4:16 services.a.read_only: must be true or false, not "maybe"'],
    ['command: "a \'b"', '4:14 services.a.command: has a quote or a bracket that is not closed'],
    ['networks: [back]', '4:16 services.a.networks.back: names the network back, which is not declared'],
    [
      'depends_on: [b]',
      '4:18 services.a.depends_on.b: names the service b, which is not declared; there is a',
    ],
    [
      'depends_on: {a: {condition: healthy}}',
      '4:18 services.a.depends_on.a: the dependencies go round in a circle: a -> a',
      '4:33 services.a.depends_on.a.condition: must be service_started, service_healthy or service_completed_successfully, not "healthy"',
    ],
    [
      'hostname: a_b c',
      '4:15 services.a.hostname: "a_b c" is no hostname: letters, digits, -, _ and ., at most 63 characters',
    ],
    [
      'hostname: "b\\n10.9.9.9 evil"',
      '4:15 services.a.hostname: "b\\n10.9.9.9 evil" is no hostname: letters, digits, -, _ and ., at most 63 characters',
    ],
    [
      'container_name: "b\\n10.9.9.9 evil"',
      '4:21 services.a.container_name: "b\\n10.9.9.9 evil" is no DNS name: letters, digits, -, _ and ., at most 253 characters',
    ],
    [
      'networks: {default: {aliases: ["b\\n10.9.9.9 evil.example", _db.example.com, ""]}}',
      '4:36 services.a.networks.default.aliases[0]: "b\\n10.9.9.9 evil.example" is no DNS name: letters, digits, -, _ and ., at most 253 characters',
      '4:81 services.a.networks.default.aliases[2]: must not be empty',
    ],
    [
      'x-setpoint: {update: {deadlin: 3s}}',
      '4:27 services.a.x-setpoint.update.deadlin: unknown key; did you mean deadline?',
    ],
    [
      'user: "a b"',
      '4:11 services.a.user: "a b" is no user: a name or number, as in app or 1000:1000, without spaces',
    ],
    [
      'user: "a\\nroot"',
      '4:11 services.a.user: "a\\nroot" is no user: a name or number, as in app or 1000:1000, without spaces',
    ],
    [
      'environment: {"A B": 1, C: "x\\0y"}',
      '4:26 services.a.environment.A B: "A B" is no name of a variable: no space, no =',
      '4:32 services.a.environment.C: must not contain a NUL character',
    ],
    [
      'environment: {"A=B": 1}',
      '4:26 services.a.environment.A=B: "A=B" is no name of a variable: no space, no =',
    ],
    [
      'environment: {"A\\nB": 1}',
      '4:27 services.a.environment.A\\nB: "A\\nB" is no name of a variable: no space, no =',
    ],
    ['"\\e[2J": 1', '4:5 services.a.\\x1b[2J: unknown key'],
    ['user: "a\\0b"', '4:11 services.a.user: must not contain a NUL character'],
  ])('%s', (lines, ...wanted) => expect(withoutFile(problemsOf(aService(lines)))).toEqual(wanted))
})

const A = 'services: {a: {image: x}}'

/** Each line: a whole file → its problems. */
describe('a file', () => {
  test.each<[string, ...string[]]>([
    // what a secret lacks is told once
    [
      'services: {a: {image: x, secrets: [s]}}\nsecrets: {s: {}}',
      '2:14 secrets.s: needs one of file, environment',
    ],
    [
      'services: {a: {image: x, secrets: [s]}}\nsecrets: {s: {environment: NOPE}}',
      "2:28 secrets.s.environment: variable NOPE is not set, so the secret has no content; set it in the stack's .env, under x-setpoint.variables or in a --variables file",
    ],
    // one name for two things
    [
      `${A}\nnetworks: {n: {name: z, internal: true}, m: {name: z}}`,
      '2:45 networks.m: is called z, as networks.n is, but set up otherwise; keep one',
    ],
    [`${A}\nnetworks: {n: {name: z, external: true}, m: {name: z, external: true}}`],
    // items of lists that are merged are counted as they come to stand
    [
      `services: {a: {image: x, ports: ["80-81:80-81"]}}\n---\nservices: {a: {ports: ["x", "[::]:99:99"]}}`,
      '3:24 services.a.ports[0]: "x" is no port of the container; ports are from 1 to 65535, as in "8080:80"',
      'notice 3:29 services.a.ports[2]: published on every address of IPv4 too; IPv6 is where a network of the service has it',
    ],
    // services at the root
    [
      'web: {image: x}\ndb:\n  build: .\nother: {}\n',
      '1:1 web: unknown key; services stand under services:',
      '2:1 db: unknown key; services stand under services:',
      '4:1 other: unknown key',
    ],
    // broken YAML
    ['', ' the file is empty'],
    ['# only a comment\n', ' the file is empty'],
    ['- a', '1:1 must be a mapping with services, not a list'],
    ['text', '1:1 must be a mapping with services, not "text"'],
    ['services: {}', '1:1 has no service; to remove a stack, delete its file'],
    ['services: []', '1:11 services: must be a mapping of services, not a list'],
    ['services: {a: busybox}', '1:15 services.a: must be a mapping with an image, not "busybox"'],
    ['services: {a: }', '1:15 services.a: must be a mapping with an image, not nothing'],
    ['services: {a: {user: root}}', '1:15 services.a: has no image and no build; add one of them'],
    ['services: {a: {image: [x]}}', '1:23 services.a.image: must be a string, not a list'],
    [
      'services: {a: {image: "a b"}}',
      '1:23 services.a.image: "a b" is no image reference, as in nginx:1.29 or registry.example.com/team/app:1',
    ],
    [
      'services: {a: {image: UPPER}}',
      '1:23 services.a.image: "UPPER" is no image reference, as in nginx:1.29 or registry.example.com/team/app:1',
    ],
    ['services:\n\ta: {image: x}', '2:1 broken YAML: a tab indents this line; YAML takes only spaces'],
    [
      'services:\n  a:\n    image: x\n    image: y',
      '4:5 services.a.image: the key stands twice, first on line 3',
    ],
    ['services: {123: {image: x}}', '1:12 services: the key 123 is not text; quote it: "123"'],
    ['services: {a: {image: *gone}}', '1:23 services.a.image: there is no anchor &gone above'],
    [
      'services: {a: &a {image: x, labels: {b: *a}}}',
      '1:41 services.a.labels.b: the anchor &a contains itself',
    ],
    [
      'services: {a: {<<: 3, image: x}}',
      '1:16 services.a: << merges a mapping or a list of mappings, not the number 3',
    ],
    ['services: {a: {image: !foo x}}', '1:28 services.a.image: the tag !foo means nothing here'],
    // the root
    [
      `version: "3"\n${A}`,
      'notice 1:1 version: accepted without effect: obsolete, the Compose Specification has no versions',
    ],
    [`include: [x.yaml]\n${A}`, '1:11 include[0].path[0]: there is no file web/x.yaml'],
    [`servces: {}\n${A}`, '1:1 servces: unknown key; did you mean services?'],
    [`image: x\n${A}`, '1:1 image: unknown key here; it belongs under a service'],
    [`x-setpoint: {drfit: heal}\n${A}`, '1:14 x-setpoint.drfit: unknown key; did you mean drift?'],
    [`x-setpoint: {drift: ignore}\n${A}`, '1:21 x-setpoint.drift: must be heal or report, not "ignore"'],
    [`name: "!!!"\n${A}`, '1:7 name: "!!!" has no letter or digit to make a name of'],
    [`name: My App\n${A}`, 'notice 1:7 name: the stack is called myapp: lower case letters, digits, - and _'],
    // networks and volumes
    [
      `networks: {n: {driver: macvlan}}\n${A}`,
      '1:15 networks.n: needs driver_opts.parent for macvlan: the interface of the host, as in eth0',
    ],
    [
      `networks: {n: {ipam: {config: [{subnet: 10.0.0.0/99}]}}}\n${A}`,
      '1:41 networks.n.ipam.config[0].subnet: must be an IPv4 subnet from /8 to /29, as in 10.20.0.0/24, not "10.0.0.0/99"',
    ],
    [
      `networks: {n: {ipam: {config: [{subnet: 10.0.0.0/30}]}}}\n${A}`,
      '1:41 networks.n.ipam.config[0].subnet: must be an IPv4 subnet from /8 to /29, as in 10.20.0.0/24, not "10.0.0.0/30"',
    ],
    [
      `networks: {n: {ipam: {config: [{subnet: 10.08.0.0/24}]}}}\n${A}`,
      '1:41 networks.n.ipam.config[0].subnet: must be an IPv4 subnet from /8 to /29, as in 10.20.0.0/24, not "10.08.0.0/24"',
    ],
    [`networks: {n: {ipam: {config: [{subnet: 10.0.0.0/29}]}}}\n${A}`],
    [
      `networks: {h: {name: host, external: true}}\n${A}`,
      '1:15 networks.h: is the network host of Docker; write network_mode: host in the services that use it',
    ],
    [
      `networks: {none: {external: true}}\n${A}`,
      '1:18 networks.none: is the network none of Docker; write network_mode: none in the services that use it',
    ],
    [`networks: {host: {}}\n${A}`],
    [
      `volumes: {v: {external: true, driver: local}}\n${A}`,
      '1:31 volumes.v.driver: stands beside external: true; remove one of them',
    ],
    [
      `volumes: {v: {driver: nfs}}\n${A}`,
      '1:23 volumes.v.driver: not honoured yet: the driver nfs; take local with driver_opts, or mount it on the host and use its absolute path',
    ],
    [`volumes: {v: {driver_opts: {type: tmpfs, device: tmpfs, o: "size=1m"}}}\n${A}`],
    [
      `volumes: {v: {driver_opts: {o: bind}}}\n${A}`,
      '1:32 volumes.v.driver_opts.o: needs type beside it; write {type: nfs, device: ":/export", o: "addr=10.0.0.2"} or {type: tmpfs, device: tmpfs}',
    ],
    [
      `volumes: {v: {driver_opts: {type: none, device: data, o: "ro,bind"}}}\n${A}`,
      '1:49 volumes.v.driver_opts.device: data must be an absolute path on the host, without ..; a folder of the repository is no volume',
    ],
    [
      `volumes: {v: {driver_opts: {size: 1g, mountpoint: /x}}}\n${A}`,
      '1:35 volumes.v.driver_opts.size: not honoured yet: a quota for a folder; limit the size with a file system of its own, or with type tmpfs and o: size=…',
      '1:51 volumes.v.driver_opts.mountpoint: mountpoint is no option of the driver local; take type, o and device',
    ],

    [
      `volumes: {v: {external: {name: w}}}\n${A}`,
      'notice 1:25 volumes.v.external: external.name is deprecated; write name, and external: true',
    ],
    // services against each other
    [
      'services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [c]}\n  c: {image: x, depends_on: [a]}',
      '4:30 services.c.depends_on.a: the dependencies go round in a circle: a -> b -> c -> a',
    ],
    [
      'services:\n  a: {image: x, ports: ["80:80"]}\n  b: {image: x, ports: ["127.0.0.1:80:81"]}',
      '3:25 services.b.ports[0]: 127.0.0.1:80/tcp is already published by services.a.ports[0]',
    ],
    ['services:\n  a: {image: x, ports: ["127.0.0.2:80:80"]}\n  b: {image: x, ports: ["127.0.0.1:80:81"]}'],
    ['services:\n  a: {image: x, ports: ["80:80/udp"]}\n  b: {image: x, ports: ["80:81"]}'],
    [
      'services:\n  web: {image: x, depends_on: [dbb]}\n  db: {image: x}',
      '2:32 services.web.depends_on.dbb: names the service dbb, which is not declared; did you mean db?',
    ],
    [
      'services:\n  a: {image: x, depends_on: {b: {condition: service_healthy}}}\n  b: {image: x, healthcheck: {disable: true}}',
      '2:33 services.a.depends_on.b: waits for b to be healthy, but its healthcheck is disabled',
    ],
    [
      'services:\n  a: {image: x, depends_on: {b: {condition: service_completed_successfully}}}\n  b: {image: x, restart: always}',
      '2:33 services.a.depends_on.b: waits for b to complete, but that restarts always; give it restart: "no"',
    ],
    [
      `x-s: &s {image: x, scale: 1000}\nservices: {a: *s, b: *s, c: *s, d: *s, e: *s, f: {image: x}}`,
      '2:11 services: has 5001 tasks, at most 5000 are run; split it into several stacks',
    ],
    // variables
    [
      'services: {a: {image: "x:$TAG"}}',
      "1:23 services.a.image: variable TAG is not set; set it in the stack's .env, under x-setpoint.variables or in a --variables file, give a default as in ${TAG:-default}, or write $$ for a literal $",
    ],
    [
      'services: {a: {image: "x:${TAG:?give a tag}"}}',
      '1:23 services.a.image: required variable TAG is missing a value: give a tag',
    ],
    [
      'services: {a: {image: "x:${}"}}',
      '1:23 services.a.image: invalid interpolation "${}"; write ${NAME}, ${NAME:-default} or ${NAME:?message}, or $$ for a literal $',
    ],
    [
      'services: {a: {image: x, deploy: {replicas: "${N:-many}"}}}',
      '1:45 services.a.deploy.replicas: must be a whole number, not what "${N:-many}" gives',
    ],
  ])('%s', (yaml, ...wanted) => expect(withoutFile(problemsOf(yaml))).toEqual(wanted))
})

test('all problems of a file are told at once, in the order of their places (law 7)', () => {
  const yaml = 'services:\n  a: {image: x, ports: [z], user: []}\n  b: {imag: x}\nnetwrks: {}\n'
  expect(withoutFile(problemsOf(yaml)).map((line) => line.split(' ')[0])).toEqual([
    '2:25',
    '2:35',
    '3:6',
    '3:7',
    '4:1',
  ])
})

test('a file with hundreds of problems tells the first hundred', () => {
  const keys = Array.from({ length: 300 }, (_, index) => `k${index}: 1`).join('\n')
  const problems = problemsOf(`${keys}\n${A}`)
  expect(problems).toHaveLength(101)
  expect(problems.at(-1)).toBe(`notice ${FILE}: 200 more problems`)
})

function withoutFile(problems: string[]): string[] {
  return problems.map((line) => line.replace(`${FILE}:`, '').replace(FILE, ''))
}
