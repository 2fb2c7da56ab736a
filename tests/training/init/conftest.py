"""Texts whose language decides what a training begins with."""

from __future__ import annotations

ENGLISH = [
    "The train to the coast was late again and nobody told us why it had stopped",
    "A warm and funny story about two brothers who open a small restaurant",
]
OTHERS = [
    "Der schnelle Zug fährt heute nicht nach Hamburg, weil die Strecke gesperrt ist",
    "Le service était très lent et nous avons attendu notre repas avec les enfants",
    "这家餐厅的服务很好，我们下次还会再来",
    "Поезд сегодня опоздал на два часа и никто не объяснил почему",
]
CHINESE_TEXTS = [
    "房间很干净，服务员的态度也很热情，下次还住这里。",
    "快遞太慢了！等了一個星期，手機屏幕還是碎的",
    "iPhone 的电池用不到一天就没电了，充电器 5V 也不行，客服不理人",
]
