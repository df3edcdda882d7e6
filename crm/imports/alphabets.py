"""Chinese, Korean or Japanese in an older encoding: the one in which the text is made of everyday signs.

The same bytes are often valid in several of these encodings, and mean signs there that nobody writes.
"""

from __future__ import annotations

from typing import Final

SIMPLIFIED: Final = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经"
    "么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又"
    "关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通"
    "教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市"
    "直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张"
    "该交规万取拉格望觉术领共确传师观清今切院让识候带导争运李刘陈杨黄赵吴周徐孙朱胡郭何林罗郑梁谢宋唐韩曹邓萧冯曾彭潘袁蔡蒋余杜叶"
    "苏魏吕丁沈姚卢姜崔钟谭陆汪范石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵钱严覃武戴莫孔向汤伟芳娜敏静丽军洋勇艳"
    "杰娟涛超秀霞刚桂英华玉兰红梅春花燕飞鹏宇浩欣婷雪琳晨轩涵梓怡佳俊辉建京州广深圳杭成都重庆津沪苏宁波青岛济厦福武汉沙郑昆省区县街号店茶"
    "客户姓名手机邮箱订单商品金额数量价格日期城市备注地址电话会员积分消费购买"
)
TRADITIONAL: Final = frozenset(
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經"
    "麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又"
    "關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通"
    "教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活爾更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件計管期市"
    "直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光放強即像難且權思王象完設式色路記南品住告類求據程北邊死張"
    "陳林黃李吳劉蔡楊許鄭謝洪郭邱曾廖賴徐周葉蘇莊呂江何蕭羅高潘簡朱鍾彭游詹胡施沈余趙盧梁顏柯孫魏翁戴范方宋鄧杜傅侯曹薛丁卓馬董溫唐"
    "藍石蔣田康鄒白涂尤巫韓龔嚴袁黎汪郝麗美華英玉秀雅怡君婷惠淑芬娟芳琪瑜慧宜佩珊文志明偉俊傑家豪宗翰建宏冠宇承恩臺灣台北中高雄南港島九龍"
    "新竹嘉義屏東花蓮基隆桃園苗栗彰雲客戶姓名手機郵箱訂單商品金額數量價格期城市備註地址電話會員茶店"
)
HANGUL: Final = frozenset(
    "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진나엄원천방공현함변염추도석선설마길연위표명기반라왕금"
    "옥육인맹제탁국어은편용예경봉사부가복태목형계피두감음빈동온호범좌팽승간견시준영수지혜미희숙자순철재훈상욱규건찬환일의아다는을를에로과와"
    "그저것들만해서요니습까면고대구울산광주천인부남북충전세종포항창수원성용안양제여군목순춘릉평택시도읍면동길번호층점원개월일년분초차여행식품"
    "커피차음료고객명전화이메일주문금액수량가격날짜메모회원등급은행카드현금할인배송무료사이트상점판매구매"
)
KANA: Final = frozenset(
    chr(code) for code in (*range(0x3041, 0x3097), *range(0x30A1, 0x30FB), 0x30FC, 0x3005)
)
EVERYDAY: Final = {
    "gb18030": SIMPLIFIED,
    "big5": TRADITIONAL,
    "cp949": HANGUL,
    "shift_jis": KANA | TRADITIONAL | SIMPLIFIED,
}
LEAST: Final = 0.35


def eastern(sample: bytes) -> str:
    """The encoding with the largest share of everyday signs; "" when none has enough."""
    shares = {name: _share(sample, name) for name in EVERYDAY}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= LEAST else ""


def _share(sample: bytes, encoding: str) -> float:
    try:
        text = sample.decode(encoding, "strict" if sample.endswith(b"\n") else "ignore")
    except UnicodeDecodeError:
        return 0.0
    foreign = [sign for sign in text if ord(sign) > 127]
    if encoding == "shift_jis" and not any(sign in KANA for sign in foreign):
        return 0.0
    if encoding == "shift_jis" and any("\uff61" <= sign <= "\uff9f" for sign in foreign):
        return 0.0  # Half-width signs are what other encodings look like.
    return sum(sign in EVERYDAY[encoding] for sign in foreign) / len(foreign) if foreign else 0.0
