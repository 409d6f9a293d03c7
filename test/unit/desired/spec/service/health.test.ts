import { describe, expect, it } from 'vitest'
import { serviceOf } from '../../support.ts'

const DEFAULTS = { interval: 30_000, timeout: 30_000, retries: 3, startPeriod: 0, startInterval: 5_000 }

/** What a service's container says of its health. */
function healthOf(lines: string) {
  const { healthcheck, healthcheckTimes } = serviceOf(lines).container
  return healthcheckTimes === undefined ? healthcheck : { times: healthcheckTimes }
}

describe('x-setpoint.healthcheck', () => {
  it.each([
    [
      'http: {port: 80}',
      { type: 'http', scheme: 'http', port: 80, path: '/', status: { from: 200, to: 399 } },
    ],
    [
      'http: {port: 443, path: /healthz?a=1, scheme: https, status: 204}',
      { type: 'http', scheme: 'https', port: 443, path: '/healthz?a=1', status: { from: 204, to: 204 } },
    ],
    [
      'http: {port: "8080", status: 200-299}',
      { type: 'http', scheme: 'http', port: 8080, path: '/', status: { from: 200, to: 299 } },
    ],
    ['tcp: {port: 5432}', { type: 'tcp', port: 5432 }],
    ['grpc: {port: 9000}', { type: 'grpc', port: 9000, service: '' }],
    ['grpc: {port: 9000, service: a.B}', { type: 'grpc', port: 9000, service: 'a.B' }],
  ])('%s', (lines, probe) => {
    expect(healthOf(`x-setpoint: {healthcheck: {${lines}}}`)).toEqual({ probe, ...DEFAULTS })
  })

  it('counts in place of the test of healthcheck, whose times it has unless it names its own', () => {
    const check = 'healthcheck: {test: [CMD, curl], interval: 5s, retries: 7}'
    const probe = { type: 'tcp', port: 80 }
    expect(healthOf(`${check}\nx-setpoint: {healthcheck: {tcp: {port: 80}, interval: 1s}}`)).toEqual({
      ...{ probe, ...DEFAULTS },
      ...{ interval: 1_000, retries: 7 },
    })
  })

  it('counts where the check of the image is taken away', () => {
    const none = 'healthcheck: {disable: true}'
    expect(healthOf(`${none}\nx-setpoint: {healthcheck: {tcp: {port: 80}}}`)).toMatchObject({
      probe: { port: 80 },
    })
  })
})

describe('healthcheck', () => {
  it.each<[string, unknown]>([
    ['healthcheck: {interval: 5s, start_period: 1m}', { times: { interval: 5_000, startPeriod: 60_000 } }],
    ['healthcheck: {interval: 0s}', undefined],
    ['healthcheck: {disable: false}', undefined],
    ['healthcheck: {disable: true}', null],
    ['healthcheck: {test: [NONE], interval: 5s}', null],
  ])("%s: what is not said is the image's", (lines, expected) => {
    expect(healthOf(lines)).toEqual(expected)
  })
})
