import { describe, expect, test } from 'vitest'
import { problemsOf, serviceOf } from '../../support.ts'

const container = (lines: string, rest = '') => serviceOf(lines, rest).container
const problems = (service: string, rest = '') =>
  problemsOf(`services: {a: {image: x, ${service}}${rest}}`).join()

describe('how a service reaches others', () => {
  test.each<[string, object]>([
    ['network_mode: host', { networkMode: 'host', networks: [] }],
    ['network_mode: none', { networkMode: 'none', networks: [] }],
    ['domainname: example.com', { domainname: 'example.com' }],
    [
      'extra_hosts: ["db:10.0.0.5", "h=host-gateway", "six=[FD00::1]"]',
      {
        extraHosts: [
          { name: 'db', address: '10.0.0.5' },
          { name: 'h', address: 'host-gateway' },
          { name: 'six', address: 'fd00::1' },
        ],
      },
    ],
    ['dns: 192.0.2.53', { dns: { servers: ['192.0.2.53'] } }],
    ['dns: ["FD00::1", 192.0.2.53]', { dns: { servers: ['fd00::1', '192.0.2.53'] } }],
    ['dns_search: example.com', { dns: { search: ['example.com'] } }],
    ['dns_search: [a.example, .]', { dns: { search: ['a.example', '.'] } }],
    ['dns_opt: ["ndots:2", use-vc]', { dns: { options: ['ndots:2', 'use-vc'] } }],
    ['sysctls: {net.core.somaxconn: 1024}', { sysctls: { 'net.core.somaxconn': '1024' } }],
    [
      'sysctls: ["kernel.shmmax=1", "fs.mqueue.msg_max=9"]',
      { sysctls: { 'kernel.shmmax': '1', 'fs.mqueue.msg_max': '9' } },
    ],
  ])('%s', (lines, wanted) => expect(container(lines)).toMatchObject(wanted))

  test('is not part of a service that says nothing of it', () => {
    const keys = Object.keys(container('dns_search: []\nextra_hosts: []\nsysctls: {}'))
    for (const key of ['networkMode', 'domainname', 'extraHosts', 'dns', 'sysctls'])
      expect(keys).not.toContain(key)
  })

  test('is shared with the hostname of the other', () => {
    const rest = '  b: {image: y, hostname: front}'
    expect(container('network_mode: service:b', rest)).toMatchObject({
      ...{ networkMode: { service: 'b' }, networks: [], hostname: 'front' },
    })
    expect(serviceOf('network_mode: service:b', rest).dependsOn).toEqual([
      { service: 'b', condition: 'started' },
    ])
  })

  test.each([
    ['network_mode: bridge', 'not honoured: the bridge network of Docker'],
    ['network_mode: hosts', 'must be host, none or service:NAME'],
    ['network_mode: "service:zot"', 'names the service zot, which is not declared'],
    ['network_mode: none, ports: ["80:80"]', 'network_mode: none has nothing to publish'],
    [
      'network_mode: none, x-setpoint: {healthcheck: {tcp: {port: 80}}}',
      'asks over the network, and there is none',
    ],
    ['network_mode: host, mac_address: 02:42:ac:11:65:43', 'needs a network of its own'],
    ['network_mode: host, sysctls: {net.core.somaxconn: 1}', 'would be of the whole host'],
    ['network_mode: host, ports: ["80:80"]', 'services.a.ports: accepted without effect'],
    ['domainname: "a b"', 'is no DNS name'],
    ['extra_hosts: ["db:localhost"]', 'must be an IP address'],
    ['extra_hosts: ["d b:10.0.0.1"]', 'is no name of a host'],
    ['dns_search: "a b"', 'must be a domain'],
    ['dns: one.example', 'must be an IP address'],
    ['dns_opt: ["ndots 2"]', 'must be an option of resolv.conf'],
    ['sysctls: {kernel.pid_max: 1}', 'kernel.pid_max is of the whole host, not of a container'],
    ['sysctls: {vm.swappiness: 1}', 'vm.swappiness is of the whole host'],
    ['sysctls: {kernel.domainname: a}', 'is set by domainname'],
    ['sysctls: {net/core/somaxconn: 1}', 'is no kernel parameter'],
  ])('%s is told', (service, message) => expect(problems(service)).toContain(message))

  const shared = 'network_mode: "service:b"'
  test.each([
    [`${shared}, ports: ["80:80"]`, 'b: {image: x}', 'is that of b, whose network is shared'],
    [`${shared}, hostname: h`, 'b: {image: x}', 'is that of b, whose network is shared'],
    [`${shared}, sysctls: {net.core.somaxconn: 1}`, 'b: {image: x}', 'is of the network of b'],
    [`${shared}, scale: 2`, 'b: {image: x}', 'has 2 tasks, but b only 1 networks'],
    [`${shared}, deploy: {mode: global}`, 'b: {image: x}', 'make both global, or none'],
    [shared, 'b: {image: x, network_mode: host}', 'b has no network of its own either'],
  ])('%s beside %s is refused', (service, other, message) => {
    expect(problems(service, `, ${other}`)).toContain(message)
  })
})
