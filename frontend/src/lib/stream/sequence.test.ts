import { describe, expect, it } from 'vitest'
import { readFrame } from './frames'
import { receive, type Sequence, START } from './sequence'

const live: Sequence = { seq: 7, awaitingSnapshot: false }

describe('the sequence of the stream', () => {
  it('ignores deltas before the first snapshot', () => {
    expect(receive(START, { type: 'delta', seq: 1 })[1]).toBe('ignore')
  })

  it('takes its number from a snapshot', () => {
    expect(receive(START, { type: 'snapshot', seq: 3 })).toEqual([{ seq: 3, awaitingSnapshot: false }, 'apply'])
  })

  it('applies the next delta', () => {
    expect(receive(live, { type: 'delta', seq: 8 })).toEqual([{ seq: 8, awaitingSnapshot: false }, 'apply'])
  })

  it('asks for a snapshot at a gap, once, and drops deltas until it comes', () => {
    const [gap, verdict] = receive(live, { type: 'delta', seq: 9 })
    expect(verdict).toBe('resnapshot')
    const [still, next] = receive(gap, { type: 'delta', seq: 10 })
    expect(next).toBe('ignore')
    expect(receive(still, { type: 'snapshot', seq: 10 })[0]).toEqual({ seq: 10, awaitingSnapshot: false })
  })

  it('ignores a delta it already has', () => {
    expect(receive(live, { type: 'delta', seq: 7 })).toEqual([live, 'ignore'])
  })

  it('sees a lost delta at the heartbeat', () => {
    expect(receive(live, { type: 'heartbeat', seq: 7 })[1]).toBe('apply')
    expect(receive(live, { type: 'heartbeat', seq: 8 })[1]).toBe('resnapshot')
  })

  it('starts over when the server restarts its count', () => {
    expect(receive(live, { type: 'snapshot', seq: 0 })[0].seq).toBe(0)
  })
})

describe('frames', () => {
  it('that are not ours are no frames', () => {
    expect(readFrame('nonsense')).toBeNull()
    expect(readFrame('{"type":"delta","topic":"prices"}')).toBeNull()
    expect(readFrame('[]')).toBeNull()
  })

  it('of an unknown topic keep their number and change nothing', () => {
    expect(readFrame('{"type":"delta","seq":4,"topic":"weather","data":{"a":1}}')).toEqual({
      type: 'delta',
      seq: 4,
      topic: 'prices',
      data: {},
    })
  })

  it('of a snapshot without parts read as empty', () => {
    expect(readFrame('{"type":"snapshot","seq":0,"data":{}}')).toMatchObject({
      data: { positions: [], breaker: null, prices: {}, stale_after_ms: 5000 },
    })
  })
})
