import { describe, expect, test } from 'vitest'
import { ports } from '../../../../../controller/desired/compose/model/ports.ts'
import { canonical, messages } from '../canonical-support.ts'

/** A port of the short form: `127.0.0.1 8080:80/udp`. */
function port(text: string) {
  const [, ip, published, target, protocol = 'tcp'] =
    /^(?:(\S+) )?(?:([^:]*):)?(\d+)(?:\/(\w+))?$/.exec(text) ?? []
  return {
    mode: 'ingress',
    ...(ip && { host_ip: ip }),
    target: Number(target),
    ...(published && { published }),
    protocol,
  }
}

describe('short ports', () => {
  test.each([
    ['8600', ['8600']],
    ['"9000"', ['9000']],
    ['"8443:443"', ['8443:443']],
    ['"053:53/udp"', ['53:53/udp']],
    ['"7:7/SCTP"', ['7:7/sctp']],
    ['"0:80"', ['0:80']],
    ['"127.0.0.1:8080:80"', ['127.0.0.1 8080:80']],
    ['"127.0.0.1::80"', ['127.0.0.1 80']],
    ['"[::1]:8080:80"', ['::1 8080:80']],
    ['"::1:8080:80"', ['::1 8080:80']],
    ['"fe80::1:8080:80/udp"', ['fe80::1 8080:80/udp']],
    ['"70-72:7000-7002"', ['70:7000', '71:7001', '72:7002']],
    ['"70-72:7000"', ['70-72:7000']],
    ['"70-70:7000"', ['70:7000']],
    ['"4000-4002"', ['4000', '4001', '4002']],
    ['"98-101:98-101"', ['100:100', '101:101', '98:98', '99:99']],
  ])('%s', (written, expected) => {
    expect(canonical(ports, `[${written}]`)).toEqual({
      value: expected.map(port),
      errors: [],
      notices: [],
    })
  })

  test.each([
    ['""', '"" is no port of the container; ports are from 1 to 65535, as in "8080:80"'],
    ['web', '"web" is no port of the container; ports are from 1 to 65535, as in "8080:80"'],
    ['70000', '"70000" is no port of the container; ports are from 1 to 65535, as in "8080:80"'],
    [
      '"82-80:90"',
      '"82-80" in "82-80:90" is no port of the host; ports are from 1 to 65535, as in "8080:80"',
    ],
    ['"80-81:90-92"', 'the ranges 80-81 and 90-92 are not equally long'],
    ['"80:90-92"', 'the ranges 80 and 90-92 are not equally long'],
    ['"80/http"', '"http" in "80/http" is no protocol; take tcp, udp or sctp'],
    ['"127.0.1:80:80"', '"127.0.1" in "127.0.1:80:80" is no IP address'],
    ['"256.0.0.1:80:80"', '"256.0.0.1" in "256.0.0.1:80:80" is no IP address'],
    ['"[::zz]:80:80"', '"[::zz]" in "[::zz]:80:80" is no IP address'],
    [
      'true',
      'must be a port, as in "8080:80", "127.0.0.1:8080:80/udp" or "8000-8003:8000-8003", not the boolean true',
    ],
  ])('%s is refused', (written, message) => {
    expect(messages(ports, `[${written}]`)).toEqual([message])
  })

  test('a problem stands at the port', () => {
    expect(canonical(ports, '- "80:80"\n- "x:80"').errors).toEqual([
      'f:2:3 [1]: "x" in "x:80" is no port of the host; ports are from 1 to 65535, as in "8080:80"',
    ])
  })

  test('ranges stop at what a project can hold', () => {
    const { value, errors } = canonical(ports, '["1-60000", "1-60000/udp"]')
    expect(value).toHaveLength(60_000)
    expect(errors).toEqual([
      'f:1:13 [1]: the ranges of ports stand for more than 100000 ports; publish fewer',
    ])
  })
})

describe('long ports', () => {
  test.each([
    ['{target: 80}', { target: 80 }],
    ['{target: "80", published: 8080}', { target: 80, published: '8080' }],
    ['{target: 80, published: 8080-8090, mode: host}', { target: 80, published: '8080-8090', mode: 'host' }],
    ['{target: 80, host_ip: "::1", protocol: udp}', { target: 80, host_ip: '::1', protocol: 'udp' }],
    ['{target: 80, name: web, app_protocol: http}', { target: 80, name: 'web', app_protocol: 'http' }],
  ])('%s', (written, expected) => {
    expect(canonical(ports, `[${written}]`)).toEqual({ value: [expected], errors: [], notices: [] })
  })

  test.each([
    ['{target: 0}', 'must be a whole number from 1 to 65535, not the number 0'],
    ['{target: 80-81}', 'must be a whole number from 1 to 65535, not "80-81"'],
    [
      '{target: 80, published: web}',
      'must be a port of the host or a range of them, as in "8080" or "8080-8090", not "web"',
    ],
    ['{target: 80, host_ip: localhost}', 'must be an IP address, as in 127.0.0.1, not "localhost"'],
    ['{target: 80, protocol: http}', 'must be tcp, udp or sctp, not "http"'],
    ['{target: 80, publish: 80}', 'unknown key; did you mean published?'],
  ])('%s is refused', (written, message) => {
    expect(messages(ports, `[${written}]`)).toEqual([message])
  })
})

test.each([
  ['["80:80", "80:80"]', 1],
  ['["80:80", "0.0.0.0:80:80"]', 1],
  ['["80:80", {target: 80, published: 80}]', 1],
  ['["80:80", "80:80/udp", "127.0.0.1:80:80", "81:80", "80"]', 5],
])('the same port in %s counts once', (written, count) => {
  expect(canonical(ports, written).value).toHaveLength(count)
})

test('what is canonical comes out as it went in', () => {
  const { value } = canonical(ports, '["80-81:80-81", "127.0.0.1:53:53/udp", {target: 1, published: 2}]')
  expect(canonical(ports, JSON.stringify(value)).value).toEqual(value)
})

test('a single port is no list', () => {
  expect(messages(ports, '"80:80"')).toEqual(['must be a list of ports, as in "8080:80", not "80:80"'])
})
