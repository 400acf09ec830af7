"""The sandbox's part of handing values in and out, and of logging, in Python for Monty.

See :mod:`hub.transform.script.prelude`.
"""

from __future__ import annotations

FRAME = """
from datetime import date, datetime, timedelta
from decimal import Decimal as _hub_Decimal

UserError = ValueError
ValidationError = ValueError

def _hub_refusal(message='', *more):
    return '\u2063' + _hub_str(message)

class _hub_Ref:
    def __init__(self, model, ids):
        self.model = model
        self.ids = ids

class _hub_Exposed:
    def __init__(self, key, label, attributes):
        self._key = key
        self._label = label
        self._attributes = attributes

    def _show(self):
        return self._label

class _hub_Logger:
    def __init__(self, name):
        self.name = name

    def log(self, level, message, *args, **kwargs):
        text = _hub_str(message)
        if len(args) == 1 and isinstance(args[0], dict):
            text = text % args[0]
        elif args:
            text = text % tuple([_hub_str(a) if isinstance(a, _hub_Records) else a for a in args])
        _hub_ask('log', level, _hub_str(self.name), text)

    def debug(self, message, *args, **kwargs):
        self.log(10, message, *args)

    def info(self, message, *args, **kwargs):
        self.log(20, message, *args)

    def warning(self, message, *args, **kwargs):
        self.log(30, message, *args)

    def error(self, message, *args, **kwargs):
        self.log(40, message, *args)

    def exception(self, message, *args, **kwargs):
        self.log(40, message, *args)

    def critical(self, message, *args, **kwargs):
        self.log(50, message, *args)

    def setLevel(self, level):
        return None

    def isEnabledFor(self, level):
        return True

    def getLogger(self, name='script'):
        return _hub_Logger(name)

    def getChild(self, name):
        return _hub_Logger(name)

    def basicConfig(self, **kwargs):
        return None

_hub_logging = _hub_Logger('root')
_hub_logging.DEBUG = 10
_hub_logging.INFO = 20
_hub_logging.WARNING = 30
_hub_logging.ERROR = 40
_hub_logging.CRITICAL = 50

def log(message, level='info'):
    _hub_ask('log', {'debug': 10, 'warning': 30, 'error': 40, 'critical': 50}.get(level, 20), 'log', _hub_str(message))

_hub_word = 2 ** 64
_hub_largest = 10 ** 4000

def _hub_charge(room, cost):
    room[0] -= cost
    if room[0] < 0:
        raise OverflowError('_hub output')

def _hub_pack(x, room):
    _hub_charge(room, 16)
    if x is None or isinstance(x, (bool, float, date, timedelta, _hub_Decimal)):
        return x
    if isinstance(x, int):
        if not -_hub_word < x < _hub_word:
            _hub_charge(room, 2000)
            if not -_hub_largest < x < _hub_largest:
                raise ValueError('a number with more than 4,000 digits cannot leave the script')
        return x
    if isinstance(x, (str, bytes)):
        _hub_charge(room, len(x))
        return x
    if isinstance(x, dict):
        return {_hub_pack(k, room): _hub_pack(v, room) for k, v in x.items()}
    if isinstance(x, tuple):
        return tuple([_hub_pack(v, room) for v in x])
    if isinstance(x, (list, set, frozenset)):
        return [_hub_pack(v, room) for v in x]
    if isinstance(x, _hub_Records):
        _hub_charge(room, 8 * len(x._ids))
        return _hub_Ref(x._name, x._ids)
    if isinstance(x, (type({}.keys()), type({}.values()), type({}.items()), range)):
        return [_hub_pack(v, room) for v in x]
    raise TypeError('a value of type ' + type(x).__name__ + ' cannot leave the script')

def _hub_ask(op, *args):
    return _hub_host(op, _hub_pack(list(args), [_hub_room[0]]))

_hub_room = [1000000]

def _hub_in_value(answer):
    kind = answer[0]
    if kind == 'records':
        return _hub_many(answer[1], answer[2], {}, None)
    if kind == 'exposed':
        return _hub_Exposed(answer[1], answer[2], {k: _hub_in_value(v) for k, v in answer[3].items()})
    if kind == 'env':
        return _hub_Env({})
    return answer[1]

def _hub_run(main, given):
    _hub_data.clear()
    _hub_kinds.clear()
    _hub_singles.clear()
    _hub_facts.clear()
    _hub_room[0] = given['room']
    for model, kinds, rows in given['known']:
        _hub_kinds[model] = kinds
        _hub_data[model] = rows
    names = {name: _hub_in_value(answer) for name, answer in given['names'].items()}
    return _hub_pack(main(**names), [given['room']])
"""
