// Runs in the network namespace of a test host and sends the UDP packets that it is told to, one JSON line each way.
// Ends when the test that started it does.
import { createSocket } from 'node:dgram'
import { createInterface } from 'node:readline'

const PATIENCE = 1_000

for await (const line of createInterface({ input: process.stdin })) {
  const { id, address, port, packet } = JSON.parse(line)
  const socket = createSocket('udp4')
  const done = (answer?: Buffer): void => {
    clearTimeout(timer)
    socket.close()
    console.log(JSON.stringify({ id, ...(answer && { packet: answer.toString('base64') }) }))
  }
  const timer = setTimeout(done, PATIENCE)
  socket.on('message', (answer) => done(answer))
  socket.on('error', () => done())
  socket.send(Buffer.from(packet, 'base64'), port, address)
}
