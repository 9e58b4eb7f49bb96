# SPDX-License-Identifier: Apache-2.0
"""Digest of the day: one message on what needs people, and on what it all costs.

    reports     the scheduled event -> one message a day
    pipelines   all pipelines, with the states that `GET /pipelines` tells
    monitors    runs of the last day that found violations or failed, and those that are missing
    costs       cost by tag, or a sentence on why it is not known
    digest      all of it, and whether the day was quiet
    messages    the words

Nothing sends it unless the launch names an hour for it.
"""
