import { honoured } from '../marks.ts'
import type { Key, Shape } from '../shape.ts'
import { integerFrom, mapping, oneOf, string } from './common.ts'
import { healthTimes } from './healthcheck.ts'

const port: Key = honoured(integerFrom(1, 65535), 'The port of the container that is asked.')

const http = mapping(
  'a mapping with a port, as in {port: 8080, path: /healthz}',
  {
    port,
    path: honoured(string, 'What is asked for. By default `/`.'),
    status: honoured(
      {
        expected: 'a status code or a range of them, as in 200 or "200-299"',
        scalar: { types: ['integer', 'string'] },
      },
      'The status codes of a task that is well. By default `200-399`.',
    ),
    scheme: honoured(
      oneOf('http', 'https'),
      '`http` by default; with `https` the certificate is not checked.',
    ),
  },
  'port',
)

const tcp = mapping('a mapping with a port, as in {port: 5432}', { port }, 'port')

const grpc = mapping(
  'a mapping with a port, as in {port: 9000}',
  { port, service: honoured(string, 'The name that is asked for. By default the whole server.') },
  'port',
)

/** `x-setpoint.healthcheck` of a service: questions that need no program in the image. */
export const networkHealthcheck: Shape = mapping('a mapping with http, tcp or grpc', {
  http: honoured(http, 'Well is who answers a GET with one of the status codes.'),
  tcp: honoured(tcp, 'Well is who accepts a connection.'),
  grpc: honoured(grpc, 'Well is who answers SERVING to the gRPC health checking protocol.'),
  ...healthTimes,
})
