# SPDX-License-Identifier: GPL-2.0
"""squirrel, seen from outside: a running kernel, or the dump of one that has died.

	drgn -s vmlinux -s squirrel.ko [-c VMCORE] squirrel.py COMMAND

	caches		all caches: name, bytes of an object, live, bytes held
	whose ADDR	what an address is: cache or heap, object, state, who had it
	live [NAME]	what is live of debugged caches and heaps (of NAME), by call site

Call sites have names as far as drgn was given their module (-s MODULE.ko). Nothing is
stopped or locked: of a running kernel figures may be a moment apart.
"""
import sys

from drgn import Object, cast
from drgn.helpers.linux.cpumask import for_each_possible_cpu
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.nodemask import for_each_node
from drgn.helpers.linux.percpu import per_cpu_ptr

# As in src/allocator/common/types.h and track.h, src/utility/map.h
KIND_SLAB = 1
FLAG_CLASS, FLAG_LARGE, FLAG_TWIN = 0x200, 0x400, 0x2000
LIVE, HELD, RETIRED = 0x4C697665, 0x48656C64, 0x476F6E65
SPAN_LEAVES = SLOTS = 256
WINDOW_LISTS = 64
ALL_ONES = (1 << 64) - 1


def fail(text):
    print(f"squirrel.py: {text}", file=sys.stderr)
    sys.exit(1)


def text(chars):
    return chars.string_().decode(errors="replace")


def caches():
    head = prog.variable("all_caches", "registry.c").address_of_()
    return list_for_each_entry("struct squirrel_cache", head, "link")


# ---- counts: as sq_cache_counts(), node_sum_up() -----------------------------------


def with_twin(cache):
    return [cache, cache.twin] if cache.twin else [cache]


def live_of(cache):
    """Objects handed out and not taken back."""
    live = cache.counts.allocs.counter.value_() - cache.counts.frees.counter.value_()
    for cpu in for_each_possible_cpu(prog):
        hand_of = per_cpu_ptr(cache.hands, cpu)
        if not hand_of.hand:
            continue
        mag = hand_of.hand.loaded
        bottom = mag.bottom.address_of_().value_()
        nr = ((hand_of.top.value_() & ~1) - bottom) // 8
        base = hand_of.hand.base.value_()
        live += (base - nr + (1 << 63)) % (1 << 64) - (1 << 63)
    return max(live, 0)


def held_by(cache):
    pages = sum(cache.node[nid].nr_pages.value_() for nid in for_each_node(prog))
    return pages * prog["PAGE_SIZE"].value_()


def show_caches():
    print(f"{'name':<24} {'size':>8} {'live':>10} {'bytes_held':>12}")
    for cache in caches():
        if cache.flags & (FLAG_TWIN | FLAG_LARGE):
            continue
        parts = with_twin(cache)
        name, size = text(cache.name), cache.object_size.value_()
        live, held = sum(map(live_of, parts)), sum(map(held_by, parts))
        print(f"{name:<24} {size:>8} {live:>10} {held:>12}")


# ---- the page map -------------------------------------------------------------------


def spans():
    """Each span of each window."""
    windows = prog["sq_map_windows"]
    for i in range(WINDOW_LISTS):
        window = windows[i]
        while window:
            for slot in range(SLOTS):
                if window.span[slot]:
                    yield window.span[slot]
            window = window.next


def leaves():
    """First page and entries, as numbers, of each leaf."""
    entries = prog["PAGE_SIZE"].value_() // 8
    for span in spans():
        numbers = span.number.value_()
        for i in range(SPAN_LEAVES):
            if numbers[i] == ALL_ONES:
                continue
            first = numbers[i] * entries
            at = (span.leaf[i].value_() + first * 8) & ALL_ONES
            array = prog.array_type(prog.type("unsigned long"), entries)
            yield first, Object(prog, array, address=at).value_()


def agent_at(address):
    return Object(prog, "struct sq_agent *", value=address)


def agents():
    """Each block's agent, once, in order of addresses."""
    nobody = prog["sq_agent_null"].address_
    seen = {nobody, 0}
    for _, entries in leaves():
        for address in entries:
            if address not in seen:
                seen.add(address)
                yield agent_at(address)


def agent_of(address):
    """The agent of the block that an address is in, or None."""
    page = address >> prog["PAGE_SHIFT"].value_()
    for first, entries in leaves():
        if first <= page < first + len(entries):
            found = entries[page - first]
            nobody = prog["sq_agent_null"].address_
            return None if found in (0, nobody) else agent_at(found)
    return None


def is_used(agent):
    return agent.block[1].value_() & 1


def owner_of(agent):
    return cast("struct squirrel_cache *", agent.owner)


def priv(agent, kind):
    return cast(kind, agent.priv.address_of_())


def heap_of(cache):
    """The heap that an owner stands for, or None: a cache of its own."""
    client = cache.client if cache.client else cache
    return cache.heap if client.heap_key or client.flags & FLAG_LARGE else None


def name_of(cache):
    heap = heap_of(cache)
    client = cache.client if cache.client else cache
    return ("heap", text(heap.name)) if heap else ("cache", text(client.name))


# ---- who had it -----------------------------------------------------------------------


def module_of(address):
    for mod in list_for_each_entry("struct module", prog["modules"].address_of_(), "list"):
        try:
            start, size = mod.core_layout.base, mod.core_layout.size
        except AttributeError:  # 6.4 and later
            start, size = mod.mem[0].base, mod.mem[0].size
        if start.value_() <= address < start.value_() + size.value_():
            return text(mod.name)
    return None


def symbolic(address):
    """As %pS, or the address and whose it is."""
    mod = module_of(address)
    where = f" [{mod}]" if mod else ""
    try:
        symbol = prog.symbol(address)
    except LookupError:
        return f"{address:#x}{where}"
    return f"{symbol.name}+{address - symbol.address:#x}/{symbol.size:#x}{where}"


def show_track(word, track):
    if not track.caller:
        return
    by = f"{text(track.comm)}[{track.pid.value_()}] on CPU {track.cpu.value_()}"
    when = track.when.value_() / 1e9
    print(f"{word}: by {by}, {when:.3f} s after boot, from {symbolic(track.caller.value_())}")


# ---- whose --------------------------------------------------------------------------------


def in_slab(slab, index):
    return slab.free[index >> 6].value_() >> (index & 63) & 1


def is_marked(cache, base):
    """Has it what a free object has? See sq_mark_of()."""
    mark = (base ^ cache.mark_key.value_()) * cache.mark_mul.value_() & ALL_ONES
    return prog.read_u64(base + cache.mark_off.value_()) == mark


def state_in_twin(cache, slot, offset):
    state, size = slot.state.value_(), size_in_twin(cache, slot)
    if state != LIVE:
        words = {HELD: "free, in quarantine", RETIRED: "found damaged, out of use"}
        return words.get(state, "free")
    zone = cache.lead.value_() - prog.type("struct sq_slot").size
    if offset < -zone:
        return "squirrel's own, in front of an object"
    if offset < 0:
        return "redzone, in front of an object"
    return "redzone, behind an object" if offset >= size else "live"


def size_in_twin(cache, slot):
    return min(slot.asked.value_(), cache.object_size.value_())


def look_slab(agent, cache, address):
    """State, base and size of an object, and its slot if there is one."""
    slab = priv(agent, "struct sq_slab *")
    first, step = agent.block[0].value_() + slab.off.value_(), cache.size.value_()
    index = (address - first) // step
    at = first + index * step
    base, size = at + cache.lead.value_(), cache.object_size.value_()
    if index >= slab.nr_objs.value_():
        return "behind the last object of a slab", base, size, None
    if cache.client:
        slot = Object(prog, "struct sq_slot *", value=at)
        state = state_in_twin(cache, slot, address - base)
        return state, base, size_in_twin(cache, slot), slot
    if in_slab(slab, index):
        return "free, in its slab", base, size, None
    if is_marked(cache, base):
        return "free, in a magazine", base, size, None
    return "live" if address - base < size else "behind a live object", base, size, None


def show_whose(word):
    try:
        address = int(word, 16)
    except ValueError:
        fail(f"{word}: no address")
    print(f"address: {address:#x}")
    agent = agent_of(address)
    if agent is None:
        print("state: not squirrel's")
        return
    cache = owner_of(agent)
    if not cache:
        print("state: a free page")
        return
    slot = large = None
    if agent.kind == KIND_SLAB:
        state, base, size, slot = look_slab(agent, cache, address)
    else:
        large = priv(agent, "struct sq_large *")
        base, size = agent.block[0].value_(), large.size.value_()
        state = "live" if address - base < size else "behind a large block"
    print(f"state: {state}")
    print("%s: %s" % name_of(cache))
    print(f"object: {base:#x}\noffset: {address - base}\nsize: {size}")
    if slot is not None:
        show_track("allocated", slot.alloc)
        show_track("freed", slot.free)
    elif large is not None and large.debug:
        show_track("allocated", large.track)


# ---- live, by call site: as sq_cache_show_live() -------------------------------------------


def live_tracks(agent, cache):
    """Who allocated what, and its bytes, of one debugged block."""
    if agent.kind != KIND_SLAB:
        large = priv(agent, "struct sq_large *")
        if large.debug:
            yield large.track, large.size.value_()
        return
    if not cache.client:
        return
    slab = priv(agent, "struct sq_slab *")
    at = agent.block[0].value_() + slab.off.value_()
    for _ in range(slab.nr_objs.value_()):
        slot = Object(prog, "struct sq_slot *", value=at)
        if slot.state == LIVE:
            yield slot.alloc, size_in_twin(cache, slot)
        at += cache.size.value_()


def collect(name):
    sites = {}
    for agent in agents():
        cache = owner_of(agent)
        if not cache or not is_used(agent):
            continue
        whose = name_of(cache)[1]
        if name not in (None, whose):
            continue
        for track, size in live_tracks(agent, cache):
            key = (whose, track.caller.value_(), track.stack.value_())
            site = sites.setdefault(key, [0, 0, None])
            site[0] += 1
            site[1] += size
            if site[2] is None or track.when > site[2].when:
                site[2] = track
    return sites


def show_live(name=None):
    print(f"{'live':>10} {'bytes':>12} {'last_s':>10} {'pid':>8} {'comm':<16} of allocated_by")
    sites = collect(name).items()
    for (whose, caller, _), (nr, size, last) in sorted(sites, key=lambda s: -s[1][0]):
        print(
            f"{nr:>10} {size:>12} {last.when.value_() / 1e9:>10.3f} {last.pid.value_():>8} "
            f"{text(last.comm):<16} {whose} {symbolic(caller)}"
        )


def main(words):
    if words == ["caches"]:
        command = show_caches
    elif len(words) == 2 and words[0] == "whose":
        command = show_whose
    elif words and words[0] == "live" and len(words) <= 2:
        command = show_live
    else:
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(2)
    try:
        prog.variable("all_caches", "registry.c")
    except LookupError:
        fail("squirrel is not loaded there, or drgn was not given its squirrel.ko (-s)")
    command(*words[1:])


main(sys.argv[1:])
