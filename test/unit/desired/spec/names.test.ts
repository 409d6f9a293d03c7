import { describe, expect, it } from 'vitest'
import { problemsOf, serviceOf, specOf } from '../support.ts'

describe('endpoint_mode', () => {
  it.each([
    ['', undefined],
    ['dnsrr', undefined],
    ['vip', 'vip'],
  ])('%j', (mode, expected) => {
    const { container } = serviceOf(mode && `deploy: {endpoint_mode: ${mode}}`)
    expect(container.endpointMode).toBe(expected)
  })

  it('of another kind is refused', () => {
    const [problem] = problemsOf('services: {a: {image: x, deploy: {endpoint_mode: anycast}}}')
    expect(problem).toContain('services.a.deploy.endpoint_mode: must be vip or dnsrr')
  })
})

describe('links', () => {
  const aliases = (links: string, networks = '') =>
    specOf(`services: {a: {image: x, links: ${links}${networks}}, db: {image: y, networks: [n, m]}}
networks: {n: , m: , o: }`).services[1]?.container.networks.map(({ network, aliases: names }) => [
      network,
      names,
    ])

  it('give a name in the networks that both are in', () => {
    expect(aliases('["db:other"]', ', networks: [n, o]')).toEqual([
      ['web_m', ['db']],
      ['web_n', ['db', 'other']],
    ])
  })

  it('without a name give none', () => {
    expect(aliases('[db]', ', networks: [n]')).toEqual([
      ['web_m', ['db']],
      ['web_n', ['db']],
    ])
  })

  it('with what is no name are refused', () => {
    const problems = problemsOf('services: {a: {image: x, links: ["db:o ther"]}, db: {image: y}}')
    expect(problems.join()).toContain('"o ther" is no DNS name')
  })
})

describe('ports', () => {
  const problems = (ports: string, network = '') =>
    problemsOf(
      `services: {a: {image: x, ports: [${ports}], networks: [n]}, b: {image: y, ports: ["8080:80"]}}\nnetworks: {n: {${network}}}`,
    )

  it('on an IPv6 address need a network that has IPv6', () => {
    expect(problems('"[2001:db8::1]:90:80"')).toEqual([
      expect.stringContaining(
        '2001:db8::1 is an IPv6 address; set enable_ipv6: true on a network of the service',
      ),
    ])
    expect(problems('"[2001:db8::1]:90:80"', 'external: true')).toEqual([])
  })

  it('on an IPv6 address have it in the form of the kernel', () => {
    const { ports } = serviceOf(
      'ports: ["[2001:DB8::0:1]:1:2"]\nnetworks: [n]',
      'networks: {n: {external: true}}',
    ).container
    expect(ports).toEqual([{ target: 2, published: 1, protocol: 'tcp', hostIp: '2001:db8::1' }])
  })

  it('that two services publish are refused, ranges that may do without are not', () => {
    expect(problems('"8080:80"')).toEqual([
      expect.stringContaining('8080/tcp is already published by services.a'),
    ])
    expect(problems('"8080-8081:80"')).toEqual([])
    expect(problems('"0.0.0.0:8080:80"')).toHaveLength(1)
    expect(problems('"8080:80/udp"')).toEqual([])
  })
})
