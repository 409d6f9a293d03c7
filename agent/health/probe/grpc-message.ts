/** HealthCheckResponse.ServingStatus of grpc.health.v1, by number. */
const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']

/** A HealthCheckRequest in a gRPC frame: not compressed, length, then field 1 with the service's name. */
export function checkRequest(service: string): Buffer {
  const name = Buffer.from(service)
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a]), varint(name.length), name])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

/** The status in a HealthCheckResponse in its gRPC frame; a field that is left out is its zero, UNKNOWN. */
export function servingStatus(frame: Buffer): string {
  if (frame.length < 5 || frame[0] !== 0) return 'an answer that is no gRPC message'
  const message = frame.subarray(5, 5 + frame.readUInt32BE(1))
  if (message.length === 0) return 'UNKNOWN'
  if (message[0] !== 0x08) return 'an answer that is no health check response'
  return STATUSES[message[1] ?? 0] ?? `status ${message[1]}`
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  return Buffer.from([...bytes, rest])
}
