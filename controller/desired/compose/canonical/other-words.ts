import type { Key } from '../shape.ts'

// What other tools and people call a key, where the words are too far apart for a slip of the fingers.
const OTHER_WORDS: [words: string, key: string][] = [
  ['env envs', 'environment'],
  ['cmd', 'command'],
  ['workdir working_directory', 'working_dir'],
  ['memory mem', 'mem_limit'],
  ['net', 'networks'],
  ['pid_mode', 'pid'],
  ['ipc_mode', 'ipc'],
  ['shm', 'shm_size'],
  ['logs', 'logging'],
  ['retry', 'retries'],
]

/** The key that a word stands for in other places, if it is known here. */
export function keyMeantBy(word: string, here: Record<string, Key>): string | undefined {
  return OTHER_WORDS.find(([words, key]) => words.split(' ').includes(word) && Object.hasOwn(here, key))?.[1]
}

// Words of their own that look like a key which says something else.
const OTHER_THINGS = ['network_name', 'detach']

/** Whether a word is not meant as the key that it resembles. */
export function isOtherThing(word: string): boolean {
  return OTHER_THINGS.includes(word)
}
