import { createLimit } from '../../schemas/common/limit.ts'

/**
 * Asks all of them, so many at one time, since each session holds a connection to Redis. One that does not answer
 * keeps no other from it: its error goes to `missed`, and what the others said is returned in their order.
 */
export async function askAll<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Answer>,
  { atOnce, missed }: { atOnce: number; missed: (item: Item, error: unknown) => void },
): Promise<Answer[]> {
  const inTurn = createLimit(atOnce)
  const answers = items.map((item) =>
    inTurn(async () => {
      try {
        return [await ask(item)]
      } catch (error) {
        missed(item, error)
        return []
      }
    }),
  )
  return (await Promise.all(answers)).flat()
}
