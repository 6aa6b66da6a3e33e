# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The inner loops of netting on integer arrays: a primal-dual method for circulations of least cost.

One source, three ways to run, the same integers from each: compiled by Cython where a C compiler was there at
installation, by numba where that is installed, else interpreted (on lists). `flow` prepares the arrays and calls.

The residual network is stored by slots: an arc is two slots, one at its tail and one at its head. Arc a has room for
amounts[2a] more, and amounts[2a + 1] may be taken back: the room of the slot at its head. Slot k at node u leads to[k];
amounts[arc[k]] is its room, amounts[arc[k] ^ 1] what may be pulled along it, towards u, and back[k] the other slot of
its arc. offer[k] is the price of a unit while it has room, ask[k] the opposite while something may be pulled, 127 where
not: these small numbers are looked at far more often than amounts, and memory far away is what takes time. The slots of
node u are first[u] … first[u + 1] - 1. The reduced price of a slot, offer[k] + potential[u] - potential[to[k]], is
never negative where it has room: that is the proof of optimality once every surplus is routed (Ahuja, Magnanti, Orlin,
Network Flows, 1993, sections 9.7 and 9.8). Prices and potentials are small integers, so the search for cheapest paths
sorts by buckets (Dial 1969, doi:10.1145/363269.363610); between searches, deficits pull along them as in push-relabel
methods (Goldberg, Tarjan 1988, doi:10.1145/48014.61051), ordered by price first and by steps second. Pulling scatters
the deficits and gathers the surpluses; now and then all is turned round, so that neither end crowds at arcs that are
too small for it: offers and asks change places, surpluses and potentials their sign, and `side` is 1, which means that
the room of slot k is amounts[arc[k] ^ 1].
"""

from __future__ import annotations

import cython

if not cython.compiled:

    def ahead(array, i):
        """Fetch array[i] into the cache, where there is a compiler (see kernel.pxd)."""


def lay_out(
    tail: cython.int[::1],
    head: cython.int[::1],
    amounts: cython.longlong[::1],
    cost: cython.schar[::1],
    first: cython.longlong[::1],
    to: cython.int[::1],
    back: cython.int[::1],
    arc: cython.int[::1],
    offer: cython.schar[::1],
    ask: cython.schar[::1],
    cursor: cython.longlong[::1],
):
    """Store arcs as slots, in the order given; `first` comes zeroed."""
    nodes: cython.Py_ssize_t = len(first) - 1
    arcs: cython.Py_ssize_t = len(tail)
    a: cython.Py_ssize_t
    u: cython.Py_ssize_t
    i: cython.longlong
    j: cython.longlong
    closed: cython.schar = 127
    for a in range(arcs):
        first[tail[a] + 1] += 1
        first[head[a] + 1] += 1
    for u in range(nodes):
        first[u + 1] += first[u]
        cursor[u] = first[u]
    for a in range(arcs):
        i = min(a + 8, arcs - 1)
        ahead(to, cursor[head[i]])
        ahead(back, cursor[head[i]])
        ahead(arc, cursor[head[i]])
        i = cursor[tail[a]]
        cursor[tail[a]] = i + 1
        j = cursor[head[a]]
        cursor[head[a]] = j + 1
        to[i] = head[a]
        to[j] = tail[a]
        back[i] = j
        back[j] = i
        arc[i] = 2 * a
        arc[j] = 2 * a + 1
        offer[i] = cost[a] if amounts[2 * a] > 0 else closed
        ask[j] = offer[i]
        offer[j] = -cost[a] if amounts[2 * a + 1] > 0 else closed
        ask[i] = offer[j]


def search(
    first: cython.longlong[::1],
    to: cython.int[::1],
    offer: cython.schar[::1],
    surplus: cython.longlong[::1],
    potential: cython.int[::1],
    reached: cython.int[::1],
    level: cython.int[::1],
    entry: cython.int[::1],
    following: cython.int[::1],
    front: cython.int[::1],
    rear: cython.int[::1],
    key: cython.longlong[::1],
    enough: cython.longlong,
):
    """Lift the potentials by the cheapest paths from where `reached` starts, until `enough` deficits are found.

    On entry reached[u] is the potential from which a path may start at u, 2**30 where none does. On return
    key[u] = potential * 2**32 + level, one number for both; the level counts the steps of the cheapest path found, and
    is that of the last deficit for nodes not looked at any more; key[u] = 2**62 where no path leads. Returns the
    deficits found; without any, nothing has been lifted unless `enough` is 0, which means all nodes, no early end.
    """
    nodes: cython.Py_ssize_t = len(first) - 1
    buckets: cython.longlong = len(front)
    mask: cython.longlong = buckets - 1  # their number is a power of 2
    u: cython.Py_ssize_t
    v: cython.int
    k: cython.longlong
    b: cython.longlong
    price_here: cython.longlong = 0
    lifted: cython.longlong = 0
    waiting: cython.longlong = 0
    entries: cython.int = 0
    e: cython.int
    found: cython.longlong = 0
    last_level: cython.int = 0
    candidate: cython.longlong
    unreached: cython.int = 1 << 30
    closed: cython.schar = 127
    ended: cython.bint = False
    big: cython.longlong = 1 << 32
    none: cython.longlong = 1 << 62
    for b in range(buckets):
        front[b] = -1
    for u in range(nodes):
        level[u] = 0
        if reached[u] != unreached:
            level[u] = 1
            b = (reached[u] - potential[u]) & mask
            entry[entries] = u
            following[entries] = -1
            if front[b] >= 0:
                following[rear[b]] = entries
            else:
                front[b] = entries
            rear[b] = entries
            entries += 1
            waiting += 1
    while waiting > 0 and not ended:
        b = price_here & mask
        while front[b] >= 0:
            u = entry[front[b]]
            if reached[u] - potential[u] != price_here:  # a cheaper path was found since
                front[b] = following[front[b]]
                continue
            if enough > 0 and found >= enough and (price_here > lifted or level[u] >= last_level):
                ended = True
                break
            waiting -= 1
            e = following[front[b]]
            if e >= 0:
                ahead(offer, first[entry[e]])
                ahead(to, first[entry[e]])
                e = following[e]
            if e >= 0:
                ahead(first, entry[e])
                ahead(potential, entry[e])
                ahead(reached, entry[e])
                ahead(surplus, entry[e])
            lifted = price_here
            if surplus[u] < 0:
                found += 1
                if found == enough:
                    last_level = level[u]
            for k in range(first[u], first[u + 1]):
                if offer[k] == closed:
                    continue
                v = to[k]
                candidate = potential[u] + price_here + offer[k]
                if candidate >= reached[v]:
                    continue
                if reached[v] == unreached:
                    waiting += 1
                reached[v] = candidate
                level[v] = level[u] + 1
                b = (candidate - potential[v]) & mask
                entry[entries] = v
                following[entries] = -1
                if front[b] >= 0:
                    following[rear[b]] = entries
                else:
                    front[b] = entries
                rear[b] = entries
                entries += 1
            b = price_here & mask
            front[b] = following[front[b]]
        price_here += 1
    if enough > 0 and found == 0:
        return 0
    for u in range(nodes):
        if reached[u] < potential[u] + lifted:
            potential[u] = reached[u]
        else:
            potential[u] += lifted
        key[u] = potential[u] * big
        if reached[u] == potential[u]:
            key[u] += level[u]
        elif ended:
            key[u] += last_level  # farther than every deficit
        else:
            key[u] = none
    return found


def pull(
    first: cython.longlong[::1],
    to: cython.int[::1],
    back: cython.int[::1],
    arc: cython.int[::1],
    offer: cython.schar[::1],
    ask: cython.schar[::1],
    amounts: cython.longlong[::1],
    side: cython.int,
    surplus: cython.longlong[::1],
    potential: cython.int[::1],
    key: cython.longlong[::1],
    current: cython.longlong[::1],
    queue: cython.int[::1],
    waiting: cython.schar[::1],
):
    """Let deficits pull from nodes of a lower key along cheapest slots, and lift the key of those that cannot.

    What is pulled from becomes a deficit itself, until it is pulled from a surplus. Ends when about as many slots have
    been looked at for lifting as there are, though not before something came from a surplus. No free slot gets a
    negative reduced price.
    """
    nodes: cython.Py_ssize_t = len(first) - 1
    work: cython.longlong = len(to)
    u: cython.Py_ssize_t
    v: cython.Py_ssize_t
    k: cython.longlong
    begin: cython.longlong = 0
    end: cython.longlong = 0
    count: cython.longlong = 0
    room: cython.longlong
    pullable: cython.longlong
    amount: cython.longlong
    closed: cython.schar = 127
    label: cython.longlong
    lowest: cython.longlong
    cheapest: cython.longlong
    big: cython.longlong = 1 << 32
    none: cython.longlong = 1 << 62
    lifted: cython.longlong = 0
    absorbed: cython.bint = False
    for u in range(nodes):
        current[u] = first[u]
        waiting[u] = 0
        if surplus[u] < 0 and key[u] < none:
            queue[end] = u
            end += 1
            waiting[u] = 1
    count = end
    if end == nodes:
        end = 0
    while count > 0 and (work > 0 or not absorbed):
        v = queue[begin]
        begin += 1
        if begin == nodes:
            begin = 0
        count -= 1
        waiting[v] = 0
        u = queue[begin]
        ahead(ask, current[u])
        ahead(to, current[u])
        u = queue[begin + 1 if begin + 1 < nodes else 0]
        ahead(current, u)
        ahead(surplus, u)
        ahead(key, u)
        while surplus[v] < 0:
            k = current[v]
            while k < first[v + 1]:
                u = to[k]
                if ask[k] != closed and key[u] + ask[k] * big < key[v]:
                    room = arc[k] ^ side
                    pullable = room ^ 1
                    amount = min(-surplus[v], amounts[pullable])
                    if amounts[room] == 0:
                        offer[k] = -ask[k]
                        ask[back[k]] = offer[k]
                    amounts[room] += amount
                    amounts[pullable] -= amount
                    if amounts[pullable] == 0:
                        ask[k] = closed
                        offer[back[k]] = closed
                    surplus[v] += amount
                    if surplus[u] > 0:
                        absorbed = True
                    surplus[u] -= amount
                    if surplus[u] < 0 and waiting[u] == 0:
                        waiting[u] = 1
                        queue[end] = u
                        end += 1
                        if end == nodes:
                            end = 0
                        count += 1
                    if surplus[v] == 0:
                        break
                k += 1
            current[v] = k
            if surplus[v] == 0 or work <= 0:
                break
            lowest = none
            cheapest = first[v]
            for k in range(first[v], first[v + 1]):
                if ask[k] == closed or key[to[k]] == none:
                    continue  # what no surplus reaches cannot give any
                label = key[to[k]] + ask[k] * big
                if label < lowest:
                    lowest = label
                    cheapest = k
            work -= first[v + 1] - first[v] + 8
            if lowest == none:
                break
            key[v] = lowest + 1
            current[v] = cheapest
    for u in range(nodes):
        if key[u] < none:
            lifted = max(lifted, (key[u] >> 32) - potential[u])
            potential[u] = key[u] >> 32
    # What no surplus reaches keeps above what it has room to: nothing has room to it, so it may rise by as much as any.
    for u in range(nodes):
        if key[u] == none:
            potential[u] += lifted


def route(
    first: cython.longlong[::1],
    to: cython.int[::1],
    back: cython.int[::1],
    arc: cython.int[::1],
    offer: cython.schar[::1],
    ask: cython.schar[::1],
    amounts: cython.longlong[::1],
    side: cython.int,
    surplus: cython.longlong[::1],
    potential: cython.int[::1],
    reached: cython.int[::1],
    level: cython.int[::1],
    entry: cython.int[::1],
    following: cython.int[::1],
    front: cython.int[::1],
    rear: cython.int[::1],
    key: cython.longlong[::1],
    current: cython.longlong[::1],
    queue: cython.int[::1],
    waiting: cython.schar[::1],
):
    """Route some of the surplus to deficits at the least cost, from potentials under which no free slot is negative.

    Returns 0 when nothing is left, 1 when what is left reaches no deficit, 2 when the potentials need more buckets
    than `front` and `rear` hold (the state is sound: give more and call again), 3 when there is more to do.
    """
    nodes: cython.Py_ssize_t = len(first) - 1
    u: cython.Py_ssize_t
    found: cython.longlong
    deficits: cython.longlong = 0
    surpluses: cython.longlong = 0
    least: cython.int = potential[0]
    most: cython.int = potential[0]
    unreached: cython.int = 1 << 30
    for u in range(nodes):
        least = min(least, potential[u])
        most = max(most, potential[u])
        reached[u] = unreached
        if surplus[u] > 0:
            surpluses += 1
            reached[u] = potential[u]
        elif surplus[u] < 0:
            deficits += 1
    if surpluses == 0 or deficits == 0:
        return 0
    if most - least + 3 > len(front):
        return 2
    found = search(first, to, offer, surplus, potential, reached, level, entry, following, front, rear, key, deficits)
    if found == 0:
        return 1
    pull(first, to, back, arc, offer, ask, amounts, side, surplus, potential, key, current, queue, waiting)
    return 3


def components(
    first: cython.longlong[::1],
    to: cython.int[::1],
    offer: cython.schar[::1],
    component: cython.int[::1],
    order: cython.int[::1],
    low: cython.int[::1],
    stack: cython.int[::1],
    current: cython.longlong[::1],
):
    """Number the strongly connected components over open slots (Tarjan 1972, doi:10.1137/0201010).

    component[u] comes as -1 and becomes the number; a component that leads to another has the greater number. `order`
    becomes the nodes, component after component. Returns how many components there are.
    """
    nodes: cython.Py_ssize_t = len(first) - 1
    root: cython.Py_ssize_t
    u: cython.Py_ssize_t
    v: cython.int
    k: cython.longlong
    visited: cython.int = 0  # visiting times start at 1; low[u] = 0: not seen
    depth: cython.longlong
    held: cython.longlong = 0  # nodes waiting for their component, kept in `order` from the end backwards
    done: cython.longlong = 0
    count: cython.longlong = 0
    closed: cython.schar = 127
    deeper: cython.bint
    lowest: cython.bint
    for u in range(nodes):
        low[u] = 0
        current[u] = first[u]
    for root in range(nodes):
        if low[root] > 0:
            continue
        visited += 1
        low[root] = visited
        stack[0] = root
        depth = 1
        while depth > 0:
            u = stack[depth - 1]
            deeper = False
            while current[u] < first[u + 1]:
                k = current[u]
                v = to[k]
                if offer[k] != closed and component[v] < 0:
                    if low[v] == 0:
                        visited += 1
                        low[v] = visited
                        stack[depth] = v
                        depth += 1
                        deeper = True
                        break
                    if low[v] < low[u]:
                        low[u] = low[v]
                        component[u] = -2  # not the first visited of its component
                current[u] += 1
            if deeper:
                continue
            depth -= 1
            lowest = component[u] != -2
            held += 1
            order[nodes - held] = u
            component[u] = -1
            if lowest:
                # every node held since this one's visit belongs to it: theirs are the times not before its own
                while held > 0 and low[order[nodes - held]] >= low[u]:
                    v = order[nodes - held]
                    held -= 1
                    component[v] = count
                    order[done] = v
                    done += 1
                count += 1
            else:
                v = stack[depth - 1]
                if low[u] < low[v]:
                    low[v] = low[u]
                    component[v] = -2
                current[v] += 1
                continue
            if depth > 0:
                current[stack[depth - 1]] += 1
    return count


def stack_up(
    first: cython.longlong[::1],
    to: cython.int[::1],
    offer: cython.schar[::1],
    component: cython.int[::1],
    order: cython.int[::1],
    worth: cython.int[::1],
    lift: cython.int[::1],
):
    """Lift whole components until no arc between two of them is worth filling: worth[v] >= worth[u] + 1 along each.

    Takes `component` and `order` as `components` gives them and the worth (minus the potential) inside each component;
    `lift`, one number a component, comes zeroed.
    """
    nodes: cython.Py_ssize_t = len(first) - 1
    i: cython.Py_ssize_t
    u: cython.int
    v: cython.int
    k: cython.longlong
    needed: cython.int
    closed: cython.schar = 127
    for i in range(nodes - 1, -1, -1):
        u = order[i]
        worth[u] += lift[component[u]]
        for k in range(first[u], first[u + 1]):
            v = to[k]
            if offer[k] != closed and component[v] != component[u]:
                needed = worth[u] + 1 - worth[v]
                if needed > lift[component[v]]:
                    lift[component[v]] = needed


def pour(
    sizes: cython.longlong[::1],
    first: cython.longlong[::1],
    amounts: cython.longlong[::1],
    poured: cython.longlong[::1],
):
    """Fill the rows of each group in their order, each up to its size, with the group's amount."""
    groups: cython.Py_ssize_t = len(first)
    g: cython.Py_ssize_t
    i: cython.Py_ssize_t
    end: cython.Py_ssize_t
    left: cython.longlong
    for g in range(groups):
        end = first[g + 1] if g + 1 < groups else len(sizes)
        left = amounts[g]
        for i in range(first[g], end):
            poured[i] = min(left, sizes[i])
            left -= poured[i]


def number(
    keys: cython.longlong[::1],
    table: cython.longlong[::1],
    taken: cython.int[::1],
    first: cython.int[::1],
    code: cython.int[::1],
):
    """Number equal keys alike, from 0 in the order in which they come: code[i]; first[c] is where c comes first.

    `taken` comes zeroed and is as long as `table`, a power of 2. Returns how many there are, or -1 where they need a
    longer table: more than half of it full is slow. Well mixed keys are asked for, such as hashes.
    """
    mask: cython.longlong = len(table) - 1
    i: cython.Py_ssize_t
    p: cython.longlong
    count: cython.int = 0
    for i in range(len(keys)):
        p = keys[min(i + 8, len(keys) - 1)] & mask
        ahead(table, p)
        ahead(taken, p)
        p = keys[i] & mask
        while taken[p] > 0 and table[p] != keys[i]:
            p = (p + 1) & mask
        if taken[p] == 0:
            if 2 * count > mask:
                return -1
            first[count] = i
            count += 1
            table[p] = keys[i]
            taken[p] = count
        code[i] = taken[p] - 1
    return count


if not cython.compiled:
    try:
        import numba
    except ImportError:
        INTERPRETED = True
    else:
        INTERPRETED = False
        for _loop in (ahead, lay_out, search, pull, route, components, stack_up, pour, number):
            globals()[_loop.__name__] = numba.njit(cache=True)(_loop)
else:
    INTERPRETED = False
