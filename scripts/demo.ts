// `npm run demo`: a tour on a host of its own that ends with 0 only if each scene really happened.
import { formatDuration } from '../schemas/duration.ts'
import { FIRST_FILES, SCENES, type Scene } from '../test/support/demo-scenes.ts'
import { startHost, type TestHost } from '../test/support/host.ts'

async function main(): Promise<boolean> {
  const begin = Date.now()
  console.log('A tour of Setpoint on a host made for it: own network, mounts, state folder and repository.\n')
  const host = await startHost({ files: FIRST_FILES })
  const stop = () => host.destroy().finally(() => process.exit(130))
  process.once('SIGINT', stop).once('SIGTERM', stop)
  const happened = await playAll(host)
  const clean = await host.destroy().then(
    () => true,
    (error: Error) => tellFailure(error),
  )
  const took = formatDuration(Date.now() - begin)
  const left = clean ? 'nothing is left of the host' : 'something is left of the host'
  console.log(`\n${happened} of ${SCENES.length} scenes happened in ${took}; ${left}.`)
  return happened === SCENES.length && clean
}

/** Plays one scene after the other until one does not happen; gives how many did. */
async function playAll(host: TestHost): Promise<number> {
  let happened = 0
  for (const scene of SCENES) {
    if (!(await play(scene, host, happened + 1))) break
    happened++
  }
  return happened
}

async function play(scene: Scene, host: TestHost, number: number): Promise<boolean> {
  const begin = Date.now()
  console.log(`${number}. ${scene.title}`)
  try {
    const seen = await scene.play(host)
    console.log(`   ✓ ${formatDuration(Date.now() - begin).padEnd(6)} ${seen}`)
    return true
  } catch (error) {
    return tellFailure(error as Error)
  }
}

function tellFailure(error: Error): false {
  console.log(`   ✗ ${error.message}`)
  return false
}

process.exit((await main()) ? 0 : 1)
