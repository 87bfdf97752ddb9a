// Which frames may be applied: a pure reducer, so that every order of arrival can be tested without a socket.
import type { Frame } from './frames'

export interface Sequence {
  /** Number of the last frame applied; null before the first snapshot. */
  readonly seq: number | null
  /** A gap was seen and a snapshot asked for; deltas are dropped until it comes. */
  readonly awaitingSnapshot: boolean
}

export type Verdict = 'apply' | 'ignore' | 'resnapshot'

export const START: Sequence = { seq: null, awaitingSnapshot: true }

/** What to do with the frame that arrived, and the sequence afterwards. */
export function receive(sequence: Sequence, frame: Pick<Frame, 'type' | 'seq'>): [Sequence, Verdict] {
  if (frame.type === 'snapshot') return [{ seq: frame.seq, awaitingSnapshot: false }, 'apply']
  if (sequence.seq === null || sequence.awaitingSnapshot) return [sequence, 'ignore']
  const ahead = frame.seq - sequence.seq
  if (frame.type === 'heartbeat') {
    // A heartbeat repeats the number of the newest delta: more than ours means that one was lost.
    if (ahead <= 0) return [sequence, 'apply']
    return [{ ...sequence, awaitingSnapshot: true }, 'resnapshot']
  }
  if (ahead === 1) return [{ ...sequence, seq: frame.seq }, 'apply']
  if (ahead <= 0) return [sequence, 'ignore']
  return [{ ...sequence, awaitingSnapshot: true }, 'resnapshot']
}
