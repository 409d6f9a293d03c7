import { a, aFile, behaviour, deployed, refused } from './support.ts'

const port = (published: string | undefined, target: number, more = {}) => ({
  ...{ mode: 'ingress', target, protocol: 'tcp' },
  ...(published === undefined ? {} : { published }),
  ...more,
})
const ports = (...entries: object[]) => a({ ports: entries })

behaviour(
  91,
  'host and container port, by tcp where nothing else is said',
  aFile('ports: ["8080:80"]'),
  ports(port('8080', 80)),
)
behaviour(
  91,
  'a port alone is published nowhere in particular',
  aFile('ports: ["80", 8600]'),
  ports(port(undefined, 80), port(undefined, 8600)),
)
behaviour(
  91,
  'a protocol, in any case of letters',
  aFile('ports: ["53:53/udp", "54:54/UDP", "55/sctp"]'),
  ports(
    port('53', 53, { protocol: 'udp' }),
    port('54', 54, { protocol: 'udp' }),
    port(undefined, 55, { protocol: 'sctp' }),
  ),
)
behaviour(
  91,
  'an address of the host, with a port of it or without',
  aFile('ports: ["127.0.0.1:1:2", "127.0.0.1::3", "[::1]:4:5"]'),
  ports(
    port('1', 2, { host_ip: '127.0.0.1' }),
    port(undefined, 3, { host_ip: '127.0.0.1' }),
    port('4', 5, { host_ip: '::1' }),
  ),
)
behaviour(
  91,
  'without quotes 22:22 is a text too, no number of base 60',
  aFile('ports: [22:22]'),
  ports(port('22', 22)),
)

behaviour(
  92,
  'two ranges of one length are one entry for each',
  aFile('ports: ["80-82:8080-8082/udp"]'),
  ports(
    port('80', 8080, { protocol: 'udp' }),
    port('81', 8081, { protocol: 'udp' }),
    port('82', 8082, { protocol: 'udp' }),
  ),
)
behaviour(
  92,
  'a range of container ports alone is one entry for each',
  aFile('ports: ["3000-3001"]'),
  ports(port(undefined, 3000), port(undefined, 3001)),
)
behaviour(
  92,
  'a range for one container port is one entry, not three as in Swarm',
  aFile('ports: ["80-82:8080"]'),
  ports(port('80-82', 8080)),
)
behaviour(
  92,
  'of which a host that runs the stack picks one',
  aFile('ports: ["80-82:8080"]'),
  deployed({
    services: {
      a: { container: { ports: [{ target: 8080, published: 80, publishedEnd: 82, protocol: 'tcp' }] } },
    },
  }),
)
behaviour(
  92,
  'ranges of other lengths are told of',
  aFile('ports: ["8080-8081:80-82"]'),
  refused('compose.yaml:4:13 services.a.ports[0]: the ranges 8080-8081 and 80-82 are not equally long'),
)
behaviour(
  92,
  'a range backwards is none',
  aFile('ports: ["82-80:80"]'),
  refused(
    'compose.yaml:4:13 services.a.ports[0]: "82-80" in "82-80:80" is no port of the host; ports are from 1 to 65535, as in "8080:80"',
  ),
)

const PORTS = 'ports are from 1 to 65535, as in "8080:80"'
behaviour(
  93,
  'a port of the container that is too large',
  aFile('ports: ["80:9999999"]'),
  refused(
    `compose.yaml:4:13 services.a.ports[0]: "9999999" in "80:9999999" is no port of the container; ${PORTS}`,
  ),
)
behaviour(
  93,
  'a port of the host that is too large',
  aFile('ports: ["65536:80"]'),
  refused(`compose.yaml:4:13 services.a.ports[0]: "65536" in "65536:80" is no port of the host; ${PORTS}`),
)
behaviour(
  93,
  'no port at all',
  aFile('ports: ["web:", ""]'),
  refused(
    `compose.yaml:4:13 services.a.ports[0]: "" in "web:" is no port of the container; ${PORTS}`,
    `compose.yaml:4:13 services.a.ports[0]: "web" in "web:" is no port of the host; ${PORTS}`,
    `compose.yaml:4:21 services.a.ports[1]: "" is no port of the container; ${PORTS}`,
  ),
)
behaviour(
  93,
  'a protocol that is none',
  aFile('ports: ["80:80/xyz"]'),
  refused(
    'compose.yaml:4:13 services.a.ports[0]: "xyz" in "80:80/xyz" is no protocol; take tcp, udp or sctp',
  ),
)
behaviour(
  93,
  'an address that is none',
  aFile('ports: ["127.0.1:80:80"]'),
  refused('compose.yaml:4:13 services.a.ports[0]: "127.0.1" in "127.0.1:80:80" is no IP address'),
)
behaviour(
  93,
  'the same in the long form',
  aFile(
    'ports:\n  - {published: 80}\n  - {target: 70000}\n  - {target: 80, protocol: xyz}\n  - {target: 80, host_ip: 127.0.1}',
  ),
  refused(
    'compose.yaml:5:9 services.a.ports[0]: has no target',
    'compose.yaml:6:18 services.a.ports[1].target: must be a whole number from 1 to 65535, not the number 70000',
    'compose.yaml:7:32 services.a.ports[2].protocol: must be tcp, udp or sctp, not "xyz"',
    'compose.yaml:8:31 services.a.ports[3].host_ip: must be an IP address, as in 127.0.0.1, not "127.0.1"',
  ),
)

behaviour(
  94,
  'the long form is tcp by ingress, and published is a text',
  aFile('ports: [{target: 80, published: 8080}]'),
  ports(port('8080', 80)),
)
behaviour(
  94,
  'what it says is kept, its name and protocol of the application too',
  aFile(
    'ports: [{target: "80", published: "8080", mode: host, protocol: udp, host_ip: 10.0.0.1, name: web, app_protocol: http}]',
  ),
  ports({
    name: 'web',
    mode: 'host',
    host_ip: '10.0.0.1',
    target: 80,
    published: '8080',
    protocol: 'udp',
    app_protocol: 'http',
  }),
)
behaviour(
  94,
  'a stack that is deployed has numbers, each with its protocol',
  aFile('ports: [{target: 80, published: "8080"}]'),
  deployed({ services: { a: { container: { ports: [{ target: 80, published: 8080, protocol: 'tcp' }] } } } }),
)

behaviour(
  95,
  'the address of the host is kept',
  aFile('ports: ["127.0.0.1:8080:80"]'),
  ports(port('8080', 80, { host_ip: '127.0.0.1' })),
)
behaviour(
  95,
  'and is where a deployed stack listens, not dropped as by Swarm',
  aFile('ports: ["127.0.0.1:8080:80"]'),
  deployed({
    services: {
      a: { container: { ports: [{ target: 80, published: 8080, protocol: 'tcp', hostIp: '127.0.0.1' }] } },
    },
  }),
)
